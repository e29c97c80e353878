/** Two columns: names to the left, values to the right of a column as wide as the widest name; numbers aligned on the right. */
export function table(rows: readonly (readonly [name: string, value: string | number])[]): string {
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(...rows.map(([, value]) => (typeof value === 'number' ? String(value).length : 0)));
  return rows
    .map(
      ([name, value]) =>
        `  ${name.padEnd(nameWidth)}  ${typeof value === 'number' ? String(value).padStart(valueWidth) : value}`,
    )
    .join('\n');
}
