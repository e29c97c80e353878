/** Writes lines, and on a terminal also one progress line that is redrawn below them. */
export class Terminal {
  #progress = '';

  constructor(private readonly output: NodeJS.WriteStream = process.stdout) {}

  get isInteractive(): boolean {
    return this.output.isTTY === true;
  }

  get width(): number {
    return this.output.columns ?? 80;
  }

  line(text: string): void {
    this.#write(`${this.#erase()}${text}\n${this.#progress}`);
  }

  /** Redraws the progress line; an empty text removes it. Does nothing when the output is not a terminal. */
  progress(text: string): void {
    if (!this.isInteractive) return;
    const erase = this.#erase();
    // A line that wraps could not be erased.
    this.#progress = text.slice(0, this.width - 1);
    this.#write(erase + this.#progress);
  }

  #erase(): string {
    return this.#progress === '' ? '' : '\r\u001b[2K';
  }

  #write(text: string): void {
    this.output.write(text);
  }
}
