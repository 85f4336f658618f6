//! Files and folders that survive a power failure, because their contents will be deleted elsewhere.

use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Creates a folder and its missing parents.
///
/// # Errors
/// If one cannot be created or synced.
pub fn create_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = above(path);
    create_folder(above)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(Error::write(path)(error)),
        _ => {}
    }
    // A folder is an entry in its parent.
    sync_folder(above)
}

/// Writes a file atomically. Its name is durable only after [`sync_folder`].
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = draft(path)?;
    file.write_all(bytes).map_err(Error::write(path))?;
    keep(file, path)
}

/// A temporary file beside its destination.
///
/// # Errors
/// If it cannot be created.
pub fn draft(path: &Path) -> Result<NamedTempFile> {
    NamedTempFile::new_in(above(path)).map_err(Error::write(path))
}

/// Syncs a draft and renames it to its destination.
///
/// # Errors
/// If that fails.
pub fn keep(draft: NamedTempFile, path: &Path) -> Result<()> {
    draft.as_file().sync_all().map_err(Error::write(path))?;
    draft.persist(path).map_err(|error| Error::write(path)(error.error))?;
    Ok(())
}

/// Syncs the entries of a folder.
///
/// # Errors
/// If it cannot be written.
pub fn sync_folder(path: &Path) -> Result<()> {
    fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(Error::write(path))
}

fn above(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_as_far_up_as_they_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        create_folder(&deep).unwrap();
        create_folder(&deep).unwrap();
        write(&deep.join("file"), b"bytes").unwrap();
        assert_eq!(fs::read(deep.join("file")).unwrap(), b"bytes");
        assert!(create_folder(&deep.join("file/below")).is_err());
    }
}
