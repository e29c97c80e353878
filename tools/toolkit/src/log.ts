/** Tells the person at the terminal one line. */
export type Log = (line: string) => void;
