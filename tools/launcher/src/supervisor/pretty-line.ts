const HIDDEN = new Set(['level', 'time', 'msg', 'service', 'pid', 'err', 'hostname']);

/**
 * Formats one line of a service's JSON log for a person: `12:00:01 ingest warn lost the broker attempt=2`. Other text
 * stays unchanged.
 */
export function prettyLine(service: string, line: string): string {
  const entry = parse(line);
  const name = service.padEnd(13);
  if (entry === null) return `${' '.repeat(8)} ${name} ${line}`;
  const time = typeof entry['time'] === 'string' ? entry['time'].slice(11, 19) : ' '.repeat(8);
  const rest = Object.entries(entry)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const err = entry['err'];
  const cause = typeof err === 'object' && err !== null && 'message' in err ? [`(${String(err.message)})`] : [];
  return [
    `${time} ${name} ${String(entry['level'] ?? '').padEnd(5)} ${String(entry['msg'] ?? '')}`,
    ...cause,
    ...rest,
  ].join(' ');
}

function parse(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Starts like JSON, but is text.
    return null;
  }
}
