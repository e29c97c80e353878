/**
 * Splits a stream of text into lines; `end` flushes an unfinished last line. Very long lines are cut, so that memory
 * stays bounded.
 */
export class LineSplitter {
  #rest = '';

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly maxLength: number = 64 * 1024,
  ) {}

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.onLine(line);
    if (this.#rest.length > this.maxLength) this.end();
  }

  end(): void {
    if (this.#rest !== '') this.onLine(this.#rest);
    this.#rest = '';
  }
}
