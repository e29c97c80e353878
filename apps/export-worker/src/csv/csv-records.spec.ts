import { csvRecords, escapeFormula } from './csv-records';

describe('csvRecords', () => {
  it.each([
    [['plain', 1, 0.5, null, ''], 'plain,1,0.5,,\r\n'],
    [['a,b', 'say "hi"', 'two\nlines', 'two\r\nlines'], '"a,b","say ""hi""","two\nlines","two\r\nlines"\r\n'],
    [[' blank before', 'blank after '], '" blank before","blank after "\r\n'],
    [['Bär', '熊', '🐻'], 'Bär,熊,🐻\r\n'],
    [[-5, -0.25], '-5,-0.25\r\n'],
  ])('writes %j', (values, line) => expect(csvRecords([values])).toBe(line));

  it('writes one line for each record', () => expect(csvRecords([['a'], [null, 1]])).toBe('a\r\n,1\r\n'));
});

describe('escapeFormula', () => {
  it.each(['=1+1', '+49', '-x', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])('escapes the formula %j', (text) =>
    expect(escapeFormula(text)).toBe(`'${text}`),
  );
  it.each(['a=b', '1-2', "'quoted", '', 'DCIM/IMG_1.JPG'])('does not change %j', (text) =>
    expect(escapeFormula(text)).toBe(text),
  );
  it('keeps null', () => expect(escapeFormula(null)).toBeNull());
});
