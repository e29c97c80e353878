import { parseMetrics, sumOf } from './metrics-text';

it('reads names, labels with escapes, and values', () => {
  const samples = parseMetrics(
    '# HELP a b\n# TYPE a counter\na{kind="detect",why="say \\"no\\", please"} 2\na{kind="scan"} 3.5e2\nb 7\n\n',
  );
  expect(samples).toHaveLength(3);
  expect(samples[0]).toEqual({ name: 'a', labels: { kind: 'detect', why: 'say \\"no\\", please' }, value: 2 });
  expect(sumOf(samples, 'a')).toBe(352);
  expect(sumOf(samples, 'a', { kind: 'scan' })).toBe(350);
  expect(sumOf(samples, 'c')).toBe(0);
});
