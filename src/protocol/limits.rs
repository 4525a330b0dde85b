/// What a peer may make this end hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest payload of one data frame, in bytes. Control frames are exempt: 125 bytes are their limit.
    pub frame: u64,
    /// The largest message, in bytes, all its fragments together.
    pub message: u64,
    /// The most frames a fragmented message may consist of. Empty ones count: they cost time, if not memory.
    pub fragments: u32,
}

impl Default for Limits {
    /// 16 MiB a frame, 64 MiB a message, 131 072 fragments.
    fn default() -> Self {
        Limits {
            frame: 16 << 20,
            message: 64 << 20,
            fragments: 131_072,
        }
    }
}
