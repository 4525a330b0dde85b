//! Transcripts of whole conversations; what concerns one file is tested there.
