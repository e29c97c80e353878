import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel, type Entry } from 'yauzl';
import { refusedFile } from '../upload-problems';

/** The directory fields of an entry that are checked. */
export type EntryFields = Pick<
  Entry,
  'fileNameRaw' | 'extraFields' | 'generalPurposeBitFlag' | 'compressionMethod' | 'externalFileAttributes'
>;

export interface ZipFile {
  /** The path as in the archive, for messages. */
  readonly displayPath: string;
  readonly folders: readonly string[];
  readonly name: string;
}

const MAX_PATH_BYTES = 1_024;
const MAX_DEPTH = 20;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
const UTF8_FLAG = 0x800;
/** Traditional and strong encryption, and a masked directory. */
const ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000;
const [STORED, DEFLATED] = [0, 8];
/**
 * https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/sys_stat.h.html, in the upper half of the attributes; zero
 * for archives made on DOS.
 */
const [TYPE_MASK, REGULAR_FILE, FOLDER, SYMBOLIC_LINK] = [0xf000, 0x8000, 0x4000, 0xa000];
/** Helper files of macOS and Windows. */
const HELPER_FILES = /^(\.DS_Store|Thumbs\.db|ehthumbs\.db|desktop\.ini|\._.*)$/i;

/**
 * The file of an entry; null for a folder or a helper file. Throws a 422 for entries that no regular archive of images
 * contains.
 */
export function fileOfEntry(entry: EntryFields): ZipFile | null {
  const path = nameOf(entry);
  const shown = path.replace(CONTROLS, '_').slice(0, 200);
  const error = pathError(path);
  if (error !== null) throw refusedFile(422, 'zip_unsafe_path', shown, error);
  const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK;
  if (type === SYMBOLIC_LINK)
    throw refusedFile(422, 'zip_symlink', shown, 'the entry is a symbolic link: pack the file that it points to');
  if (type !== 0 && type !== REGULAR_FILE && type !== FOLDER)
    throw refusedFile(422, 'zip_not_a_file', shown, 'the entry is a device, socket or pipe, not a file');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const name = parts.pop() ?? '';
  if (path.endsWith('/') || name === '' || HELPER_FILES.test(name) || parts.includes('__MACOSX')) return null;
  if ((entry.generalPurposeBitFlag & ENCRYPTED_FLAGS) !== 0)
    throw refusedFile(422, 'zip_encrypted', shown, 'the entry is encrypted: pack it without a password');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw refusedFile(
      422,
      'zip_unsupported_method',
      shown,
      `the entry is compressed by method ${entry.compressionMethod}; only stored and deflated ones can be read`,
    );
  }
  return { displayPath: shown, folders: parts, name };
}

/** Many programs write UTF-8 without setting the flag; anything else is in the DOS code page. */
function nameOf({ fileNameRaw, extraFields, generalPurposeBitFlag }: EntryFields): string {
  const flags = isUtf8(fileNameRaw) ? generalPurposeBitFlag | UTF8_FLAG : generalPurposeBitFlag;
  return getFileNameLowLevel(flags, fileNameRaw, extraFields, true);
}

function pathError(path: string): string | null {
  if (path.search(CONTROLS) !== -1) return 'the path has control characters in it';
  if (path.includes('\\')) return 'the path has backslashes in it: folders are separated by /';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    return 'the path is absolute: it must be relative to the archive';
  if (path.split('/').includes('..')) return 'the path leaves the archive';
  if (path === '') return 'the entry has no name';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || path.split('/').length > MAX_DEPTH)
    return `the path is longer than ${MAX_PATH_BYTES} bytes or deeper than ${MAX_DEPTH} folders`;
  return null;
}
