import { batches } from './upload-folder';

const files = (...bytes: number[]): { bytes: number }[] => bytes.map((size) => ({ bytes: size }));
const sizes = (parts: { bytes: number }[][]): number[][] => parts.map((part) => part.map(({ bytes }) => bytes));

it('limits files and bytes of each part, and keeps their order', () => {
  expect(sizes(batches(files(4, 3, 3, 2, 9, 1), { files: 3, bytes: 10 }))).toEqual([[4, 3, 3], [2], [9, 1]]);
  expect(sizes(batches(files(1, 1, 1, 1, 1), { files: 2, bytes: 10 }))).toEqual([[1, 1], [1, 1], [1]]);
});

it('puts a file that exceeds the limit into a part of its own', () => {
  expect(sizes(batches(files(1, 50, 1), { files: 9, bytes: 10 }))).toEqual([[1], [50], [1]]);
  expect(batches([])).toEqual([]);
});
