import { readCsv } from './read-csv';

const COLUMNS = { name: ['deployment'], latitude: ['lat'] };
const read = (text: string) => readCsv(text, COLUMNS, ['name']);

describe('readCsv', () => {
  it.each([
    ['commas', 'name,lat\nRidge,47\n'],
    ['semicolons', 'Deployment;Lat\r\nRidge;47\r\n'],
    ['tabs', 'name\tlatitude\nRidge\t47'],
    ['a byte order mark, quotes and blanks', '\ufeff"name" , "LAT"\n "Ridge" ,47\n'],
  ])('reads %s', (_, text) =>
    expect(read(text)).toEqual({ rows: [{ line: 2, cells: { name: 'Ridge', latitude: '47' } }], errors: [] }),
  );

  it('counts lines as an editor does, including empty ones and line breaks within cells', () => {
    const { rows } = read('name,lat\n\nA,1\n"B, the\nsecond",2\n,\nC,\n');
    expect(rows).toEqual([
      { line: 3, cells: { name: 'A', latitude: '1' } },
      { line: 5, cells: { name: 'B, the\nsecond', latitude: '2' } },
      { line: 7, cells: { name: 'C' } },
    ]);
  });

  it('reports lines with too many or too few cells', () => {
    const { rows, errors } = read('name,lat\nA\nB,2\nC,3,4\n');
    expect(rows.map(({ line }) => line)).toEqual([3]);
    expect(errors).toEqual([
      { line: 2, column: null, message: 'has 1 cells where the first line names 2 columns' },
      { line: 4, column: null, message: 'has 3 cells where the first line names 2 columns' },
    ]);
  });

  it.each([
    ['', 'is empty'],
    ['lat\n47\n', 'no column name'],
    ['name,altitude\nA,1\n', '"altitude" is not known'],
    ['name,deployment\nA,B\n', 'two columns are name'],
    ['name\n"A\n', 'cannot be read as CSV'],
    ['name\nB\ufffdr\n', 'UTF-8'],
    [`name\n${'A\n'.repeat(10_001)}`, 'more than 10000 lines'],
  ])('refuses %.30j: %s', (text, message) => expect(() => read(text)).toThrow(message));
});
