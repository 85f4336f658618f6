//! Differences of records, field by field.

use serde::Serialize;
use serde_json::Value;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Its name.
    pub field: String,
    /// Its value; `None` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// The intended value; `None` if it should be absent, or still has to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_be: Option<Value>,
}

/// The differences of two records, sorted by field.
pub fn differences(is: &Value, should_be: &Value) -> Vec<Difference> {
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (is, mut should_be) = (fields(is), fields(should_be));
    let mut found = Vec::new();
    for (field, is) in is {
        match should_be.remove(&field) {
            Some(same) if same == is => {}
            other => found.push(Difference { field, is: Some(is), should_be: other }),
        }
    }
    found.extend(should_be.into_iter().map(|(field, value)| Difference { field, is: None, should_be: Some(value) }));
    found.sort_by(|one, other| one.field.cmp(&other.field));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_are_more_less_or_other_are_found_and_no_others() {
        let is = json!({ "same": [1], "changed": "a", "gone": true });
        let should_be = json!({ "same": [1], "changed": "b", "added": null });
        let difference = |field: &str, is, should_be| Difference { field: field.into(), is, should_be };
        let expected = [
            difference("added", None, Some(json!(null))),
            difference("changed", Some(json!("a")), Some(json!("b"))),
            difference("gone", Some(json!(true)), None),
        ];
        assert_eq!(differences(&is, &should_be), expected);
        assert_eq!(differences(&is, &is), []);
    }
}
