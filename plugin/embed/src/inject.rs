//! The packager's half: puts a blob into a built module or component.
//!
//! Only what must change is written anew (the memory's size, the data count, the data section, the lengths of what
//! encloses them); every other section is copied byte for byte, so the same plugin and the same blob give the same file.

use thiserror::Error;
use wasm_encoder::{ConstExpr, Encode, MemorySection, MemoryType, Section};
use wasmparser::{BinaryReader, BinaryReaderError, DataKind, DataSectionReader, MemorySectionReader, Operator};

use crate::{EMPTY, MARKER, TESTED};

/// Section ids of the core binary format (WebAssembly 2.0, 5.5.2).
const MEMORY: u8 = 5;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
/// Section ids of the component binary format.
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;
const CORE_HEADER: &[u8] = b"\0asm\x01\0\0\0";
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
const PAGE: u64 = 65536;
/// Sections of a blob are aligned within it to 64 bytes; a page is more than that.
const ALIGN: u64 = 64;
/// Components within components. A plugin is flat; a file that nests deeper than this is not one.
const DEPTH: usize = 8;

/// Why a blob could not be put into a Wasm file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InjectError {
    /// Neither a core module nor a component, or cut short.
    #[error("not a WebAssembly module or component: {0}; give the plugin's .wasm file as it was built")]
    NotWasm(String),
    /// No module in the file has the slot.
    #[error("the file has no slot for a blob; it is not a Weighbridge plugin, or a tool has stripped its data")]
    NoSlot,
    /// The marker occurs more than once.
    #[error("the file has {0} slots for a blob where one is expected")]
    SeveralSlots(usize),
    /// The slot is taken.
    #[error("the file already carries a blob; package the plugin as it was built")]
    AlreadyFilled,
    /// The memory is not one that a blob can be appended to.
    #[error("the plugin's memory is {0}, where one own 32-bit memory is expected")]
    Memory(&'static str),
    /// The blob does not fit into what 32 bits can address.
    #[error("the blob has {blob} bytes, but only {room} fit behind the plugin's own memory")]
    TooLarge {
        /// Bytes of the blob.
        blob: u64,
        /// Bytes that were free.
        room: u64,
    },
    /// There is nothing to put in.
    #[error("the blob is empty")]
    EmptyBlob,
}

impl From<BinaryReaderError> for InjectError {
    fn from(error: BinaryReaderError) -> Self {
        Self::NotWasm(format!("{} at byte {}", error.message(), error.offset()))
    }
}

/// Puts `blob` into `wasm`, a plugin as it was built: a core module, or a component with such a module in it.
///
/// The blob becomes an active data segment behind the memory's initial end, aligned to 64 bytes; the memory's initial
/// size (and its maximum, where it has one) grows by the pages that it takes. The caller has verified the blob.
/// The result depends on the two inputs only.
///
/// # Errors
///
/// When the file is not Wasm, has no slot or several, or a filled one, or when the blob is empty or too large.
pub fn inject(wasm: &[u8], blob: &[u8]) -> Result<Vec<u8>, InjectError> {
    inject_tested(wasm, blob, false)
}

/// As [`inject`]. `tested`: the caller has asked the blob's policy the self-test as well, and it passes at every time from the
/// blob's creation on. Instances do not ask again.
///
/// # Errors
///
/// As [`inject`].
pub fn inject_tested(wasm: &[u8], blob: &[u8], tested: bool) -> Result<Vec<u8>, InjectError> {
    if blob.is_empty() {
        return Err(InjectError::EmptyBlob);
    }
    match markers(wasm) {
        0 => return Err(InjectError::NoSlot),
        1 => {}
        n => return Err(InjectError::SeveralSlots(n)),
    }
    inject_any(wasm, (blob, tested), 0)
}

/// The file with its module handed through `change`: a core module itself, or in a component the one that has the slot.
/// Everything around the module stays as it is. This is how a tool that reads core modules alone optimises a component.
///
/// # Errors
///
/// When the file is not Wasm or has no slot where it is a component; and what `change` fails with.
pub fn change_module<E: From<InjectError>>(wasm: &[u8], change: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<Vec<u8>, E> {
    let mut change = Some(change);
    let changed = changed(wasm, &mut |module| change.take().map(|change| change(module)), 0)?;
    if change.is_some() { Err(InjectError::NoSlot.into()) } else { Ok(changed) }
}

type Change<'c, E> = &'c mut dyn FnMut(&[u8]) -> Option<Result<Vec<u8>, E>>;

fn changed<E: From<InjectError>>(wasm: &[u8], change: Change<'_, E>, depth: usize) -> Result<Vec<u8>, E> {
    if wasm.starts_with(CORE_HEADER) {
        return change(wasm).unwrap_or_else(|| Ok(wasm.to_vec()));
    }
    if !wasm.starts_with(COMPONENT_HEADER) || depth >= DEPTH {
        return Err(InjectError::NotWasm("the header is not one of a module or a component".into()).into());
    }
    let mut out = COMPONENT_HEADER.to_vec();
    for section in sections(wasm)? {
        if matches!(section.id, CORE_MODULE | COMPONENT) && markers(section.body) > 0 {
            let inner = changed(section.body, change, depth + 1)?;
            put_section(&mut out, section.id, &inner);
        } else {
            out.extend_from_slice(section.raw);
        }
    }
    Ok(out)
}

/// Whether a file carries the marker, and how often.
fn markers(bytes: &[u8]) -> usize {
    bytes.windows(MARKER.len()).filter(|window| *window == MARKER).count()
}

fn inject_any(wasm: &[u8], (blob, tested): (&[u8], bool), depth: usize) -> Result<Vec<u8>, InjectError> {
    if wasm.starts_with(CORE_HEADER) {
        inject_module(wasm, blob, tested)
    } else if wasm.starts_with(COMPONENT_HEADER) && depth < DEPTH {
        let mut out = COMPONENT_HEADER.to_vec();
        for section in sections(wasm)? {
            if matches!(section.id, CORE_MODULE | COMPONENT) && markers(section.body) > 0 {
                let inner = inject_any(section.body, (blob, tested), depth + 1)?;
                put_section(&mut out, section.id, &inner);
            } else {
                out.extend_from_slice(section.raw);
            }
        }
        // The one marker may stand in a custom section or a type name: then no module took the blob.
        if out.len() < wasm.len() + blob.len() {
            return Err(InjectError::NoSlot);
        }
        Ok(out)
    } else {
        Err(InjectError::NotWasm("the header is not one of a module or a component".into()))
    }
}

fn inject_module(module: &[u8], blob: &[u8], tested: bool) -> Result<Vec<u8>, InjectError> {
    let sections = sections(module)?;
    let memory = sections.iter().find(|section| section.id == MEMORY).ok_or(InjectError::Memory("imported or absent"))?;
    let (memory, address) = grown_memory(memory.body, blob)?;
    let data = sections.iter().find(|section| section.id == DATA).ok_or(InjectError::NoSlot)?;
    let (segments, data) = extended_data(data.body, blob, address, tested)?;

    let mut out = CORE_HEADER.to_vec();
    for section in &sections {
        match section.id {
            MEMORY => memory.append_to(&mut out),
            DATA_COUNT => {
                let mut body = Vec::new();
                segments.encode(&mut body);
                put_section(&mut out, DATA_COUNT, &body);
            }
            DATA => put_section(&mut out, DATA, &data),
            _ => out.extend_from_slice(section.raw),
        }
    }
    Ok(out)
}

/// The memory section with room for the blob, and the address where the blob goes.
fn grown_memory(section: &[u8], blob: &[u8]) -> Result<(MemorySection, u32), InjectError> {
    let mut memories = MemorySectionReader::new(BinaryReader::new(section, 0))?.into_iter();
    let memory = memories.next().ok_or(InjectError::Memory("absent"))??;
    if memories.next().is_some() {
        return Err(InjectError::Memory("one of several"));
    }
    if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
        return Err(InjectError::Memory("64-bit, shared or of another page size"));
    }
    let too_large = |room: u64| InjectError::TooLarge { blob: blob.len() as u64, room };
    let address = memory.initial.saturating_mul(PAGE);
    debug_assert!(address.is_multiple_of(ALIGN));
    let room = (1u64 << 32).saturating_sub(address);
    // The last page stays free: an end of exactly 2^32 would not fit the 32 bits of an address.
    let pages = (blob.len() as u64).div_ceil(PAGE);
    if pages.saturating_add(1).saturating_mul(PAGE) > room {
        return Err(too_large(room.saturating_sub(PAGE)));
    }
    let address = u32::try_from(address).map_err(|_| too_large(0))?;
    let mut out = MemorySection::new();
    out.memory(MemoryType {
        minimum: memory.initial + pages,
        maximum: memory.maximum.map(|maximum| maximum.saturating_add(pages).min(1 << 16)),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    Ok((out, address))
}

/// The data section with the slot filled and the blob behind the other segments; the number of segments first.
fn extended_data(section: &[u8], blob: &[u8], address: u32, tested: bool) -> Result<(u32, Vec<u8>), InjectError> {
    let reader = DataSectionReader::new(BinaryReader::new(section, 0))?;
    let (count, start) = (reader.count(), reader.original_position());
    let mut slot = None;
    for segment in reader {
        let segment = segment?;
        if markers(segment.data) == 0 {
            continue;
        }
        if !matches!(segment.kind, DataKind::Active { memory_index: 0, ref offset_expr } if matches!(offset_expr.get_operators_reader().read()?, Operator::I32Const { .. }))
        {
            return Err(InjectError::NoSlot);
        }
        let within = segment.data.windows(MARKER.len()).position(|window| window == MARKER).unwrap_or_default();
        slot = Some(segment.range.end - segment.data.len() + within + MARKER.len());
    }
    let slot = slot.ok_or(InjectError::NoSlot)?;
    let length = u32::try_from(blob.len()).map_err(|_| InjectError::TooLarge { blob: blob.len() as u64, room: u64::from(u32::MAX) })?;

    let count = count.checked_add(1).ok_or(InjectError::NoSlot)?;
    let mut out = Vec::with_capacity(section.len() + blob.len() + 16);
    count.encode(&mut out);
    let moved = out.len();
    out.extend_from_slice(&section[start..]);
    let place = out.get_mut(moved + slot - start..moved + slot - start + 12).ok_or(InjectError::NoSlot)?;
    if place != [EMPTY.to_le_bytes(); 3].as_flattened() {
        return Err(InjectError::AlreadyFilled);
    }
    let filled = [address, length, if tested { TESTED } else { EMPTY }].map(u32::to_le_bytes);
    place.copy_from_slice(filled.as_flattened());

    // An active segment of memory 0. The constant is the address's bits read as a signed number, as the format has it.
    out.push(0);
    ConstExpr::i32_const(address.cast_signed()).encode(&mut out);
    length.encode(&mut out);
    out.extend_from_slice(blob);
    Ok((count, out))
}

/// One section of a module or a component.
struct RawPart<'a> {
    id: u8,
    /// With its id and length.
    raw: &'a [u8],
    body: &'a [u8],
}

/// The sections of a module or a component: both have the same frame.
fn sections(wasm: &[u8]) -> Result<Vec<RawPart<'_>>, InjectError> {
    let mut reader = BinaryReader::new(wasm, 0);
    reader.read_bytes(CORE_HEADER.len())?;
    let mut out = Vec::new();
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let body = reader.read_bytes(length as usize)?;
        out.push(RawPart { id, raw: &wasm[start..reader.original_position()], body });
    }
    Ok(out)
}

fn put_section(out: &mut Vec<u8>, id: u8, body: &[u8]) {
    out.push(id);
    body.encode(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Component, ComponentSection, CustomSection, DataCountSection, DataSection, Module, ModuleSection,
        NestedComponentSection,
    };

    /// A module with a slot in its data: `pages` of memory, the slot at 1024.
    fn module(pages: u64, maximum: Option<u64>, slots: usize) -> Module {
        let mut module = Module::new();
        let mut memory = MemorySection::new();
        memory.memory(MemoryType { minimum: pages, maximum, memory64: false, shared: false, page_size_log2: None });
        module.section(&memory);
        module.section(&DataCountSection { count: 2 });
        module.section(&CodeSection::new());
        let mut data = DataSection::new();
        let mut bytes = b"before".to_vec();
        for _ in 0..slots {
            bytes.extend_from_slice(&MARKER);
            bytes.extend_from_slice(&[0xff; 12]);
        }
        bytes.extend_from_slice(b"after");
        data.active(0, &ConstExpr::i32_const(1024), bytes);
        data.passive(*b"passive");
        module.section(&data);
        module.section(&CustomSection { name: "producers".into(), data: b"kept".as_slice().into() });
        module
    }

    fn validate(wasm: &[u8]) {
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            payload.unwrap();
        }
    }

    /// The segments of the one core module with data in `wasm`: address (or `None` if passive) and bytes; and its memory.
    fn read(wasm: &[u8]) -> (Vec<(Option<i32>, Vec<u8>)>, u64, Option<u64>) {
        let (mut segments, mut minimum, mut maximum) = (Vec::new(), 0, None);
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                wasmparser::Payload::MemorySection(reader) => {
                    let memory = reader.into_iter().next().unwrap().unwrap();
                    (minimum, maximum) = (memory.initial, memory.maximum);
                }
                wasmparser::Payload::DataSection(reader) => {
                    for segment in reader {
                        let segment = segment.unwrap();
                        let address = match segment.kind {
                            DataKind::Active { offset_expr, .. } => match offset_expr.get_operators_reader().read().unwrap() {
                                Operator::I32Const { value } => Some(value),
                                other => panic!("{other:?}"),
                            },
                            DataKind::Passive => None,
                        };
                        segments.push((address, segment.data.to_vec()));
                    }
                }
                _ => {}
            }
        }
        (segments, minimum, maximum)
    }

    #[test]
    fn fills_the_slot_and_appends_the_blob_behind_the_memory() {
        let blob = vec![7u8; 70_000];
        let wasm = inject_tested(&module(17, Some(20), 1).finish(), &blob, true).unwrap();
        validate(&wasm);
        let (segments, minimum, maximum) = read(&wasm);
        assert_eq!((minimum, maximum), (19, Some(22)), "two pages for 70 000 bytes");
        assert_eq!(segments.len(), 3);
        assert_eq!(segments[2], (Some(17 * 65536), blob.clone()));
        assert_eq!(segments[1], (None, b"passive".to_vec()), "passive segments keep their number");
        let mut expected = b"before".to_vec();
        expected.extend_from_slice(&MARKER);
        expected.extend_from_slice(&(17u32 * 65536).to_le_bytes());
        expected.extend_from_slice(&70_000u32.to_le_bytes());
        expected.extend_from_slice(&TESTED.to_le_bytes());
        expected.extend_from_slice(b"after");
        assert_eq!(segments[0], (Some(1024), expected));
        assert!(wasm.ends_with(b"\tproducerskept"), "other sections are copied");
        assert_eq!(wasm, inject_tested(&module(17, Some(20), 1).finish(), &blob, true).unwrap(), "reproducible");
        let untested = read(&inject(&module(17, Some(20), 1).finish(), &blob).unwrap()).0;
        assert!(untested[0].1.ends_with(b"\xff\xff\xff\xffafter"), "nobody said that it was tested");
    }

    #[test]
    fn finds_the_module_inside_components() {
        let mut inner = Component::new();
        inner.section(&ModuleSection(&module(1, None, 0)));
        inner.section(&ModuleSection(&module(2, None, 1)));
        let mut outer = Component::new();
        outer.section(&CustomSection { name: "first".into(), data: b"1".as_slice().into() });
        outer.section(&NestedComponentSection(&inner));
        let outer = outer.finish();
        let wasm = inject(&outer, b"blob").unwrap();
        validate(&wasm);
        let (segments, minimum, maximum) = read(&wasm);
        assert_eq!((minimum, maximum), (3, None));
        assert_eq!(segments.last().unwrap(), &(Some(2 * 65536), b"blob".to_vec()));
    }

    #[test]
    fn hands_the_module_with_the_slot_through() {
        let mut component = Component::new();
        component.section(&ModuleSection(&module(1, None, 0)));
        component.section(&ModuleSection(&module(2, None, 1)));
        component.section(&CustomSection { name: "last".into(), data: b"1".as_slice().into() });
        let component = component.finish();
        let other = module(3, Some(9), 1).finish();
        let changed = change_module(&component, |seen| {
            assert_eq!(seen, module(2, None, 1).finish());
            Ok::<_, InjectError>(other.clone())
        });
        let mut expected = Component::new();
        expected.section(&ModuleSection(&module(1, None, 0)));
        expected.section(&ModuleSection(&module(3, Some(9), 1)));
        expected.section(&CustomSection { name: "last".into(), data: b"1".as_slice().into() });
        assert_eq!(changed.unwrap(), expected.finish());
        assert_eq!(change_module(&other, |seen| Ok::<_, InjectError>(seen.to_vec())).unwrap(), other);
        let mut without = Component::new();
        without.section(&ModuleSection(&module(1, None, 0)));
        for (wasm, said) in [(without.finish(), "no slot"), (b"nothing".to_vec(), "not a WebAssembly module")] {
            let error = change_module(&wasm, |_| -> Result<Vec<u8>, InjectError> { panic!("asked") }).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
        assert!(matches!(change_module(&component, |_| Err(InjectError::EmptyBlob)), Err(InjectError::EmptyBlob)));
    }

    #[test]
    fn refuses_what_it_cannot_fill() {
        let built = module(1, None, 1).finish();
        let filled = inject(&built, b"blob").unwrap();
        let message = |wasm: &[u8], blob: &[u8]| inject(wasm, blob).unwrap_err().to_string();
        assert!(matches!(inject(&filled, b"blob"), Err(InjectError::AlreadyFilled)));
        assert!(matches!(inject(&built, b""), Err(InjectError::EmptyBlob)));
        assert!(matches!(inject(&module(1, None, 0).finish(), b"x"), Err(InjectError::NoSlot)));
        assert!(matches!(inject(&module(1, None, 2).finish(), b"x"), Err(InjectError::SeveralSlots(2))));
        assert!(matches!(inject(&module(65535, None, 1).finish(), b"x"), Err(InjectError::TooLarge { blob: 1, .. })));
        assert!(matches!(inject(b"", b"x"), Err(InjectError::NoSlot)));
        let mut cut = built.clone();
        cut.truncate(built.len() - 3);
        assert!(message(&cut, b"x").starts_with("not a WebAssembly module"), "{}", message(&cut, b"x"));
        let mut custom = Module::new();
        custom.section(&CustomSection { name: "x".into(), data: MARKER.as_slice().into() });
        assert!(matches!(inject(&custom.finish(), b"x"), Err(InjectError::Memory(_))));
        let mut custom = Component::new();
        custom.section(&CustomSection { name: "x".into(), data: MARKER.as_slice().into() });
        assert!(matches!(inject(&custom.finish(), b"x"), Err(InjectError::NoSlot)));
        // Every prefix of a plugin is an error, never a panic.
        for end in 0..built.len() {
            assert!(inject(&built[..end], b"x").is_err() || end >= built.len() - "producerskept".len() - 3, "{end}");
        }
    }
}
