//! `bindproof vectors`.

use bindproof_conformance::vectors::files;

use crate::arguments::VectorsArguments;
use crate::failure::{FINE, Failure};
use crate::output::Output;

/// Writes every file of vectors.
///
/// # Errors
/// If the kept attacks are not there, or a file cannot be written.
pub fn run(arguments: &VectorsArguments, out: &mut Output) -> Result<u8, Failure> {
    if !arguments.replays.is_dir() {
        let folder = arguments.replays.display();
        return Err(Failure::Usage(format!(
            "{folder}: no such folder; run this at the top of the repository, or name the folder of \
             the kept attacks with --replays"
        )));
    }
    let made = files(&arguments.replays)?;
    for file in &made {
        let path = arguments.folder.join(&file.name);
        let name = path.display().to_string();
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = written.and_then(|()| std::fs::write(&path, &file.text));
        written.map_err(|error| Failure::NotSaved { file: name.clone(), error })?;
        out.line(&format!("{name}: {} bytes", file.text.len()))?;
    }
    Ok(FINE)
}
