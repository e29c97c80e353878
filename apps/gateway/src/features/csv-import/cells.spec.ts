import { numberOrText, readTime } from './cells';

describe('readTime', () => {
  it.each([
    ['2026-05-01T06:00:00Z', { instant: '2026-05-01T06:00:00Z' }],
    ['2026-05-01T06:00:00+0200', { instant: '2026-05-01T06:00:00+02:00' }],
    ['2026-05-01 06:00:30 -05:30', { instant: '2026-05-01T06:00:30-05:30' }],
    ['2026-05-01 06:00', { local: '2026-05-01T06:00:00' }],
    ['2026-05-01T06:00:30.5', { local: '2026-05-01T06:00:30' }],
    ['2026-05-01', { local: '2026-05-01T00:00:00' }],
  ])('reads %s', (cell, moment) => expect(readTime(cell, false)).toEqual(moment));

  it.each([
    ['2026-05-01', '2026-05-02T00:00:00'],
    ['2026-12-31', '2027-01-01T00:00:00'],
    ['2024-02-28', '2024-02-29T00:00:00'],
  ])('extends the end %s to the whole day', (cell, local) => expect(readTime(cell, true)).toEqual({ local }));

  it.each([
    '2026-02-30',
    '2026-13-01',
    '1.5.2026',
    '05/01/2026',
    '2026-05-01 24:00',
    '2026-05-01 06:60',
    '2026-05-01 06:00:60',
    '0000-01-01',
    'spring',
    '46143',
  ])('refuses %s', (cell) => expect(readTime(cell, false)).toEqual({ error: expect.any(String) }));
});

describe('numberOrText', () => {
  it.each([
    ['47.5', 47.5],
    ['-3600', -3600],
    ['+5', 5],
    ['47,25', 47.25],
    ['1.000,5', '1.000,5'],
    ['1e5', '1e5'],
    ['north', 'north'],
    [undefined, undefined],
  ])('reads %j as %j', (cell, value) => expect(numberOrText(cell)).toBe(value));
});
