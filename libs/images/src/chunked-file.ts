import { open, type FileHandle } from 'node:fs/promises';

/** Bytes read at once. */
export const CHUNK_BYTES = 256 * 1024;

/** Reads a file in chunks, never as a whole. */
export class ChunkedFile {
  #piece = Buffer.alloc(0);
  #from = 0;

  private constructor(
    private readonly file: FileHandle,
    readonly size: number,
  ) {}

  /** Opens the file for the duration of `use`. */
  static async open<T>(path: string, use: (file: ChunkedFile) => Promise<T>): Promise<T> {
    const file = await open(path);
    try {
      return await use(new ChunkedFile(file, (await file.stat()).size));
    } finally {
      await file.close();
    }
  }

  /** Reads `length` bytes at a position, fewer at the end of the file. The result is valid until the next call. */
  async read(position: number, length: number): Promise<Buffer> {
    if (position < this.#from || position + length > this.#from + this.#piece.length) {
      const chunkLength = Math.min(Math.max(length, CHUNK_BYTES), Math.max(0, this.size - position));
      const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(chunkLength), 0, chunkLength, position);
      this.#piece = buffer.subarray(0, bytesRead);
      this.#from = position;
    }
    return this.#piece.subarray(position - this.#from, position - this.#from + length);
  }
}
