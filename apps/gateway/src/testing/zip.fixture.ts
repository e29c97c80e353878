import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of an archive, and its defects. */
export interface TestEntry {
  readonly name: string | Buffer;
  readonly content?: Uint8Array | string;
  /** Default: deflated. */
  readonly stored?: boolean;
  /** Values of the headers that differ from the content. */
  readonly claims?: {
    readonly bytes?: number;
    readonly crc32?: number;
    readonly compressedBytes?: number;
    readonly method?: number;
    readonly offset?: number;
  };
  readonly flags?: number;
  /** Unix mode, `0o120777` for a symbolic link. */
  readonly mode?: number;
}

/**
 * Builds a ZIP archive byte by byte (APPNOTE 4.3), with any defect that a test needs. `claims.entries`: the number of
 * entries that its end declares.
 */
export function zipOf(entries: readonly TestEntry[], claims: { readonly entries?: number } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const data = entry.stored === true ? content : deflateRawSync(content);
    const name = Buffer.from(entry.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(entry.flags ?? 0x800, 2);
    fields.writeUInt16LE(entry.claims?.method ?? (entry.stored === true ? 0 : 8), 4);
    fields.writeUInt32LE(entry.claims?.crc32 ?? crc32(content), 10);
    fields.writeUInt32LE(entry.claims?.compressedBytes ?? data.length, 14);
    fields.writeUInt32LE(entry.claims?.bytes ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 6);
    rest.writeUInt32LE(entry.claims?.offset ?? offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, data]);
    parts.push(local);
    directory.push(Buffer.from('PK\x01\x02\x1e\x03', 'latin1'), fields, rest, name);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(claims.entries ?? entries.length, 8);
  end.writeUInt16LE(claims.entries ?? entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
