import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';

export type WalkedEntry =
  | { readonly path: string; readonly skip: null }
  /** A special file, or an unreadable folder. */
  | { readonly path: string; readonly skip: { readonly code: string; readonly reason: string } };

/**
 * Iterates over all files below a folder, by relative path, in the order of the file system and in constant memory.
 * Does not follow symbolic links, which may lead out of the allowed roots or form cycles.
 */
export async function* walkFolder(root: string, below = ''): AsyncGenerator<WalkedEntry> {
  let folder;
  try {
    folder = await opendir(join(root, below));
  } catch (error) {
    if (below === '') throw error;
    yield skipped(below, 'folder_unreadable', `the folder cannot be read: ${messageOf(error)}`);
    return;
  }
  for await (const entry of folder) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walkFolder(root, path);
    else if (entry.isFile()) yield { path, skip: null };
    else yield skipped(path, ...kindOf(entry));
  }
}

function kindOf(entry: Dirent): [code: string, reason: string] {
  return entry.isSymbolicLink()
    ? ['symbolic_link', 'symbolic links are not followed: ingest the folder that it points to']
    : ['not_a_file', 'a device, socket or pipe, not a file'];
}

function skipped(path: string, code: string, reason: string): WalkedEntry {
  return { path, skip: { code, reason } };
}
