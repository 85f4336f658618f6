//! Plans that only replace videos. Pure.

use crate::record::{BlobRef, Content, Files, Item, TapeForm};

use crate::sync::plan::{Action, Difference, MediumPlan, Step};

/// Reduces a plan to tapes with a record: those without a video of that preset are updated, those with one are kept.
pub fn only_videos(plan: &mut MediumPlan, preset: &str, since: Option<i64>) {
    let steps = std::mem::take(&mut plan.steps).into_iter();
    let steps = steps.filter(|step| can_be_encoded(&step.item) && since.is_none_or(|since| step.item.when >= since));
    *plan = MediumPlan { steps: steps.filter_map(|step| replaced(step, preset)).collect(), ..MediumPlan::default() };
}

fn can_be_encoded(item: &Item) -> bool {
    matches!(item.content, Content::Tape { form: TapeForm::Zip, .. }) && !item.nuked
}

/// The step that replaces the video of a tape, instead of its planned action.
fn replaced(step: Step, preset: &str) -> Option<Step> {
    let (Action::Update { rkey, cid, files, .. }
    | Action::Adopt { rkey, cid, files }
    | Action::Keep { rkey, cid, files }) = step.action
    else {
        return None;
    };
    let stored = step.item.keys.video.as_ref().filter(|stored| stored.is_of(preset));
    let is_there = stored.zip(files.video.as_ref()).is_some_and(|(stored, video)| stored.cid == video.cid);
    let action = if is_there {
        Action::Keep { rkey, cid, files }
    } else {
        let difference = |field: &str, blob: &Option<BlobRef>| Difference {
            field: field.into(),
            is: blob.as_ref().map(BlobRef::to_json),
            should_be: None,
        };
        let differences = vec![difference("thumbnail", &files.thumbnail), difference(VIDEO, &files.video)];
        Action::Update { rkey, cid, files: Files { thumbnail: None, video: None, ..files }, differences }
    };
    // A sync deletes additional records.
    Some(Step { item: step.item, action, duplicates: Vec::new() })
}

const VIDEO: &str = "video";

/// The video that a step replaces, if there was one.
pub fn old_video(step: &Step) -> Option<BlobRef> {
    let Action::Update { differences, .. } = &step.action else { return None };
    let video = differences.iter().find(|difference| difference.field == VIDEO)?;
    BlobRef::from_json(video.is.as_ref()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Id, StoredKeys, StoredVideo};

    const PRESET: &str = "small@2";

    fn tape() -> Item {
        let content = Content::Tape {
            slug: "slug".into(),
            code: "9Yo".into(),
            bucket: None,
            form: TapeForm::Zip,
            status: Some("complete".into()),
        };
        Item { id: Id([7; 12]), when: 1_000, keys: StoredKeys::default(), nuked: false, content }
    }

    fn made_with(preset: &str, bytes: &[u8]) -> Item {
        let video =
            Some(StoredVideo { preset: preset.into(), cid: BlobRef::of(bytes, "video/mp4").cid, warnings: Vec::new() });
        Item { keys: StoredKeys { video, ..StoredKeys::default() }, ..tape() }
    }

    fn files() -> Files {
        let [thumbnail, video] = [("small", "image/jpeg"), ("long", "video/mp4")]
            .map(|(bytes, mime_type)| Some(BlobRef::of(bytes.as_bytes(), mime_type)));
        Files { thumbnail, video, has_recording: false, zip_url: Some("https://example.org/tape.zip".into()) }
    }

    /// The step made from one that would keep the item's record.
    fn step(item: Item) -> Option<Step> {
        step_since(item, None)
    }

    fn step_since(item: Item, since: Option<i64>) -> Option<Step> {
        let action = Action::Keep { rkey: "a".into(), cid: BlobRef::of(b"", "").cid, files: files() };
        let steps = vec![Step { item, action, duplicates: vec!["b".into()] }];
        let mut plan = MediumPlan { steps, orphans: vec!["c".into()], gone: vec!["d".into()] };
        only_videos(&mut plan, PRESET, since);
        assert_eq!((plan.orphans.len(), plan.gone.len()), (0, 0));
        plan.steps.pop()
    }

    #[test]
    fn a_tape_gets_a_new_video_and_thumbnail_and_keeps_its_other_files_and_second_records() {
        let step = step(tape()).unwrap();
        let missing = step.missing_files();
        assert!(missing.video && missing.thumbnail);
        assert_eq!((step.count_writes(), old_video(&step)), (1, files().video));
        let Action::Update { rkey, files: kept, .. } = step.action else { panic!("{:?}", step.action) };
        assert_eq!((rkey.as_str(), kept.zip_url), ("a", files().zip_url));
    }

    #[test]
    fn only_a_video_of_that_preset_and_version_that_is_still_the_one_is_kept() {
        for preset in [PRESET, "small@2/h264"] {
            assert!(!step(made_with(preset, b"long")).unwrap().has_work());
        }
        for item in [
            made_with("small@1", b"long"),
            made_with("small@1/h264", b"long"),
            made_with("small@22/h264", b"long"),
            made_with("standard@2", b"long"),
            made_with(PRESET, b"other"),
        ] {
            assert!(step(item).unwrap().has_work());
        }
    }

    #[test]
    fn what_was_taken_back_posted_as_mp4_or_made_before_is_left_alone() {
        assert_eq!(step(Item { nuked: true, ..tape() }), None);
        let mut posted = tape();
        let Content::Tape { form, .. } = &mut posted.content else { unreachable!("it is a tape") };
        *form = TapeForm::Mp4 { url: None };
        assert_eq!(step(posted), None);
        assert_eq!(step_since(tape(), Some(1_001)), None);
        assert!(step_since(tape(), Some(1_000)).is_some());
    }

    #[test]
    fn a_tape_without_a_record_does_not_get_one() {
        let create = Step { item: tape(), action: Action::Create { rkey: "a".into() }, duplicates: Vec::new() };
        let mut plan = MediumPlan { steps: vec![create], ..MediumPlan::default() };
        only_videos(&mut plan, PRESET, None);
        assert!(plan.steps.is_empty());
    }
}
