import type { FileHandle } from 'node:fs/promises';

/** Sizes of the types of values, in bytes, by their number; 0: unknown (TIFF 6.0, section 2). */
const TYPE_SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const MAX_ENTRIES = 1_000;
/** Longer values are no camera metadata. */
const MAX_VALUE_BYTES = 4_096;
const MAX_BLOCK_BYTES = 256 * 1024;
/** Tags of the EXIF and GPS directories (EXIF 2.32, section 4.6.3). */
const [EXIF_TAG, GPS_TAG] = [0x8769, 0x8825];
const LONG = 4;
/** Tags that describe the camera: make, model, time. All of the other directories are read. */
const IMAGE_TAGS = new Set([0x010f, 0x0110, 0x0132, EXIF_TAG, GPS_TAG]);

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly value: Buffer | readonly Entry[];
}

/**
 * Reads the camera metadata of a TIFF file into a block that an EXIF reader understands: a TIFF file with its
 * directories and no pixels. Reads these parts of the file only, which may have gigabytes. Null for a file of another
 * structure. Throws the errors of reading.
 */
export async function readTiffExif(file: FileHandle): Promise<Buffer | null> {
  const header = await readAt(file, 0, HEADER_BYTES);
  if (header === null) return null;
  const order = header.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const reader = new TiffReader(file, order === 'II');
  if (reader.uint16(header, 2) !== 42) return null;
  const entries = await reader.readDirectory(reader.uint32(header, 4), IMAGE_TAGS);
  return entries === null ? null : new TiffWriter(reader).write(entries);
}

class TiffReader {
  readonly #file: FileHandle;

  constructor(
    file: FileHandle,
    readonly littleEndian: boolean,
  ) {
    this.#file = file;
  }

  uint16(buffer: Buffer, at: number): number {
    return this.littleEndian ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at);
  }

  uint32(buffer: Buffer, at: number): number {
    return this.littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
  }

  /** Null for a directory outside the file. `tags`: only these; directories are followed at the first level. */
  async readDirectory(offset: number, tags: ReadonlySet<number> | null): Promise<Entry[] | null> {
    const head = await readAt(this.#file, offset, 2);
    const count = head === null ? 0 : this.uint16(head, 0);
    if (count === 0 || count > MAX_ENTRIES) return null;
    const body = await readAt(this.#file, offset + 2, count * ENTRY_BYTES);
    if (body === null) return null;
    const entries: Entry[] = [];
    for (let n = 0; n < count; n += 1) {
      const entry = await this.#readEntry(body.subarray(n * ENTRY_BYTES, (n + 1) * ENTRY_BYTES), tags);
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  async #readEntry(entry: Buffer, tags: ReadonlySet<number> | null): Promise<Entry | null> {
    const [tag, type, count] = [this.uint16(entry, 0), this.uint16(entry, 2), this.uint32(entry, 4)];
    if (tags !== null && !tags.has(tag)) return null;
    if (tags !== null && (tag === EXIF_TAG || tag === GPS_TAG)) {
      const value = await this.readDirectory(this.uint32(entry, 8), null);
      return value === null ? null : { tag, type: LONG, count: 1, value };
    }
    const bytes = (TYPE_SIZES[type] ?? 0) * count;
    if (bytes === 0 || bytes > MAX_VALUE_BYTES) return null;
    const value =
      bytes <= 4 ? Buffer.from(entry.subarray(8, 12)) : await readAt(this.#file, this.uint32(entry, 8), bytes);
    return value === null ? null : { tag, type, count, value };
  }
}

class TiffWriter {
  readonly #littleEndian: boolean;
  readonly #block = Buffer.alloc(MAX_BLOCK_BYTES);
  #end = HEADER_BYTES;

  constructor({ littleEndian }: TiffReader) {
    this.#littleEndian = littleEndian;
  }

  write(entries: readonly Entry[]): Buffer {
    this.#block.write(this.#littleEndian ? 'II' : 'MM', 'latin1');
    this.#uint16(2, 42);
    this.#uint32(4, this.#writeDirectory(entries));
    return this.#block.subarray(0, this.#end);
  }

  /** Returns its offset. Values for which the block has no space are left out. */
  #writeDirectory(entries: readonly Entry[]): number {
    const at = this.#end;
    const space = Math.floor((MAX_BLOCK_BYTES - at - 6) / ENTRY_BYTES);
    const kept = entries.slice(0, Math.max(0, space));
    if (space <= 0) return 0;
    this.#uint16(at, kept.length);
    this.#end += 2 + kept.length * ENTRY_BYTES + 4;
    for (const [n, { tag, type, count, value }] of kept.entries()) {
      const entry = at + 2 + n * ENTRY_BYTES;
      this.#uint16(entry, tag);
      this.#uint16(entry + 2, type);
      this.#uint32(entry + 4, count);
      if (!Buffer.isBuffer(value)) this.#uint32(entry + 8, this.#writeDirectory(value));
      else if (value.length <= 4) value.copy(this.#block, entry + 8);
      else this.#uint32(entry + 8, this.#append(value));
    }
    return at;
  }

  #append(value: Buffer): number {
    const at = this.#end;
    if (at + value.length > MAX_BLOCK_BYTES) return 0;
    value.copy(this.#block, at);
    // Values begin at even offsets.
    this.#end += value.length + (value.length % 2);
    return at;
  }

  #uint16(at: number, value: number): void {
    if (this.#littleEndian) this.#block.writeUInt16LE(value, at);
    else this.#block.writeUInt16BE(value, at);
  }

  #uint32(at: number, value: number): void {
    if (this.#littleEndian) this.#block.writeUInt32LE(value, at);
    else this.#block.writeUInt32BE(value, at);
  }
}

/** Null if the file ends before. */
async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer | null> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  return bytesRead === bytes ? buffer : null;
}
