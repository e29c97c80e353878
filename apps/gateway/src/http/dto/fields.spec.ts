import 'reflect-metadata';
import { parseDto } from '../parse-dto';
import { Fraction, Instant, QueryFraction } from './fields';

class Times {
  @Instant()
  readonly at!: Date;
}

class Fractions {
  @Fraction()
  readonly body: number = 0;

  @QueryFraction()
  readonly query: number = 0;
}

it.each([
  ['2026-05-01T06:00:00Z', '2026-05-01T06:00:00.000Z'],
  ['2026-05-01t06:00:00.123456789+02:00', '2026-05-01T04:00:00.123Z'],
  ['2026-05-01T06:00:00 02:00', '2026-05-01T04:00:00.000Z'],
  ['2024-02-29T00:00:00+23:59', '2024-02-28T00:01:00.000Z'],
  ['0036-05-15T12:58:42+11:30', '0036-05-15T01:28:42.000Z'],
  ['0000-01-01T00:00:00+01:00', '0000-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59-12:00', '9999-12-31T23:59:59.999Z'],
])('accepts the instant %s', (text, iso) => expect(parseDto(Times, { at: text }).at.toISOString()).toBe(iso));

it.each([
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-05-01T24:00:00Z',
  '2026-05-01T06:00:00',
  '2026-05-01',
  '2026-05-01T06:00:00+24:00',
  '20260501T060000Z',
  1_777_000_000,
  null,
])('refuses %j as an instant', (at) => expect(() => parseDto(Times, { at })).toThrow('must be a time with an offset'));

it('rounds values below the smallest single-precision number to 0 and accepts nothing negative', () => {
  expect(parseDto(Fractions, { body: 1e-300, query: '2.2e-308' })).toEqual({ body: 0, query: 0 });
  expect(parseDto(Fractions, { body: 1e-30, query: '0.25' })).toEqual({ body: 1e-30, query: 0.25 });
  expect(() => parseDto(Fractions, { body: -1e-300 })).toThrow('must not be less than 0');
});
