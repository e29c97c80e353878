import { Transform, plainToInstance } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { describeField, type DtoClass, type Schema } from '../schema';

// Each decorator describes a field twice: to class-validator, which checks requests, and to the OpenAPI document.

/** Several decorators as one, together with their schema. */
function field(schema: Schema, ...decorators: PropertyDecorator[]): PropertyDecorator {
  const describe = describeField((known) => ({ ...known, schema: { ...schema, ...known.schema } }));
  return (target, property) => [...decorators, describe].forEach((decorator) => decorator(target, property));
}

function check(name: string, message: string, validate: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

/** Description of the field, with its unit, in the OpenAPI document. */
export function Description(description: string): PropertyDecorator {
  return describeField((known) => ({ ...known, schema: { ...known.schema, description } }));
}

/** May be absent, or null. */
export function Optional(): PropertyDecorator {
  const describe = describeField((known) => ({ ...known, optional: true, nullable: true }));
  return (target, property) => [IsOptional(), describe].forEach((decorator) => decorator(target, property));
}

/** May be absent, but not null. */
export function OptionalNotNull(): PropertyDecorator {
  const describe = describeField((known) => ({ ...known, optional: true }));
  return (target, property) =>
    [ValidateIf((_, value) => value !== undefined), describe].forEach((decorator) => decorator(target, property));
}

/** Response field: may be null. */
export function OrNull(): PropertyDecorator {
  return describeField((known) => ({ ...known, nullable: true }));
}

const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f';
const BLANKS = ' \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';

/** One line of text: not empty, no leading or trailing blanks, no control characters (Postgres rejects NUL). */
export const LINE = `^[^${CONTROLS}${BLANKS}]([^${CONTROLS}]*[^${CONTROLS}${BLANKS}])?$`;

/** Any text without control characters. */
export const NO_CONTROLS = `^[^${CONTROLS}]+$`;

export function Text(maxLength: number): PropertyDecorator {
  const pattern = new RegExp(LINE, 'u');
  return field(
    { type: 'string', minLength: 1, maxLength: maxLength, pattern: LINE },
    check(
      'text',
      `must be a text of 1 to ${maxLength} characters without control characters, leading or trailing blanks`,
      (value) =>
        typeof value === 'string' && isWellFormed(value) && [...value].length <= maxLength && pattern.test(value),
    ),
  );
}

/** A text that matches a pattern. `what` completes "must be …". */
export function TextLike(pattern: RegExp, maxLength: number, what: string): PropertyDecorator {
  return field(
    { type: 'string', minLength: 1, maxLength: maxLength, pattern: pattern.source },
    check(
      'textLike',
      `must be ${what}`,
      (value) =>
        typeof value === 'string' &&
        value !== '' &&
        isWellFormed(value) &&
        [...value].length <= maxLength &&
        pattern.test(value),
    ),
  );
}

/** A lone surrogate is no character and cannot be encoded as UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Response field: any text. */
export function AnyText(): PropertyDecorator {
  return field({ type: 'string' });
}

export function Id(): PropertyDecorator {
  return field(
    { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    IsInt({ message: 'must be an id' }),
    Min(1),
    Max(Number.MAX_SAFE_INTEGER),
  );
}

export function Integer(min: number, max: number): PropertyDecorator {
  return field({ type: 'integer', minimum: min, maximum: max }, IsInt(), Min(min), Max(max));
}

/** Response field: a count. */
export function Count(): PropertyDecorator {
  return field({ type: 'integer', minimum: 0 });
}

/** Response field: any number. */
export function AnyNumber(): PropertyDecorator {
  return field({ type: 'number' });
}

/** In [0, 1]. Values below the smallest single-precision number become 0: Postgres would reject them as `real`. */
export function Fraction(): PropertyDecorator {
  const nearZero = Transform(({ value }) =>
    typeof value === 'number' && value > 0 && Math.fround(value) === 0 ? 0 : value,
  );
  return field(
    { type: 'number', minimum: 0, maximum: 1 },
    nearZero,
    IsNumber({ allowNaN: false, allowInfinity: false }),
    Min(0),
    Max(1),
  );
}

/** An angle in degrees, from `-max` to `max`. */
export function Degrees(max: 90 | 180): PropertyDecorator {
  return field(
    { type: 'number', minimum: -max, maximum: max },
    check(
      'degrees',
      `must be a number of degrees from -${max} to ${max}`,
      (value) => typeof value === 'number' && Math.abs(value) <= max,
    ),
  );
}

export function Flag(): PropertyDecorator {
  return field({ type: 'boolean' }, IsBoolean());
}

export function OneOf(values: readonly string[]): PropertyDecorator {
  return field({ type: 'string', enum: values }, IsIn(values));
}

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

/** A point in time, parsed to a Date. The UTC offset is required, since without it the instant is ambiguous. */
export function Instant(): PropertyDecorator {
  return field(
    { type: 'string', format: 'date-time' },
    Transform(({ value }) => instantOf(value) ?? value),
    IsDate({ message: 'must be a time with an offset, such as 2026-05-01T06:00:00Z' }),
  );
}

function instantOf(value: unknown): Date | null {
  if (typeof value !== 'string') return null;
  // An unencoded `+` in a query arrives as a blank.
  const text = value.replace(/ (\d\d:\d\d)$/, '+$1').toUpperCase();
  const [, local] = INSTANT.exec(text) ?? [];
  if (local === undefined || !isOnCalendar(local)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(Math.min(Math.max(ms, FIRST_INSTANT), LAST_INSTANT));
}

/** Years have four digits. An offset may reach a few hours beyond them, which does no harm. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** Rejects February 30, which Date would turn into a day in March. */
export function isOnCalendar(local: string): boolean {
  const date = new Date(`${local}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(local);
}

/** Response field: a point in time, ISO 8601 in UTC. */
export function Time(): PropertyDecorator {
  return field({ type: 'string', format: 'date-time' });
}

const LOCAL_TIME = '^(19|20|21)\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d$';

/** A wall-clock reading without a zone, to the second, in the years of photography. */
export function LocalTime(): PropertyDecorator {
  const pattern = new RegExp(LOCAL_TIME);
  return field(
    { type: 'string', pattern: LOCAL_TIME },
    check(
      'localTime',
      'must be a local time without an offset, such as 2026-05-01T06:00:00',
      (value) => typeof value === 'string' && pattern.test(value),
    ),
  );
}

export function Sha256(): PropertyDecorator {
  return field({ type: 'string', pattern: '^[0-9a-f]{64}$' });
}

/** A list of SHA-256 digests; duplicates count once. */
export function Sha256s(max: number): PropertyDecorator {
  const pattern = /^[0-9a-f]{64}$/;
  return field(
    { type: 'array', items: { type: 'string', pattern: pattern.source }, minItems: 1, maxItems: max },
    check(
      'sha256s',
      `must be a list of 1 to ${max} SHA-256 digests, each of 64 lower-case hexadecimal digits`,
      (value) =>
        Array.isArray(value) &&
        value.length >= 1 &&
        value.length <= max &&
        value.every((one) => typeof one === 'string' && pattern.test(one)),
    ),
  );
}

/** An object of another DTO class. */
export function Nested<T extends object>(type: DtoClass<T>): PropertyDecorator {
  return field(
    { $dto: type },
    Transform(({ value }) => (isObject(value) ? plainToInstance(type, value) : value)),
    IsObject(),
    ValidateNested(),
  );
}

/** One or more of the given values, without duplicates. */
export function ListOfValues(values: readonly string[]): PropertyDecorator {
  return field(
    { type: 'array', items: { type: 'string', enum: values }, minItems: 1, uniqueItems: true },
    check(
      'someOf',
      `must be a list of ${values.join(', ')} without duplicates`,
      (value) => isSet(value, values.length) && value.every((one) => (values as readonly unknown[]).includes(one)),
    ),
  );
}

/** One or more ids, without duplicates. */
export function Ids(max: number): PropertyDecorator {
  return field(
    {
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      minItems: 1,
      maxItems: max,
      uniqueItems: true,
    },
    check(
      'ids',
      `must be a list of 1 to ${max} ids without duplicates`,
      (value) => isSet(value, max) && value.every((one) => Number.isSafeInteger(one) && (one as number) >= 1),
    ),
  );
}

function isSet(value: unknown, max: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length >= 1 && value.length <= max && new Set(value).size === value.length;
}

/** A bounded list of objects of another DTO class, each validated. */
export function ListOfNested<T extends object>(type: DtoClass<T>, max: number): PropertyDecorator {
  return field(
    { type: 'array', items: { $dto: type }, maxItems: max },
    Transform(({ value }) => (Array.isArray(value) && value.every(isObject) ? plainToInstance(type, value) : value)),
    check(
      'manyOf',
      `must be a list of at most ${max} objects`,
      (value) => Array.isArray(value) && value.length <= max && value.every(isObject),
    ),
    ValidateNested({ each: true }),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function Uuid(): PropertyDecorator {
  const pattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  return field(
    { type: 'string', format: 'uuid', pattern },
    check(
      'uuid',
      'must be a UUID, in lower case',
      (value) => typeof value === 'string' && new RegExp(pattern).test(value),
    ),
  );
}

/** Response field: a list of objects of a class, or of plain values. */
export function ListOf(items: DtoClass | Schema): PropertyDecorator {
  return field({ type: 'array', items: schemaOfItems(items) });
}

/** Response field: an object with arbitrary keys. */
export function MapOf(values: DtoClass | Schema): PropertyDecorator {
  return field({ type: 'object', additionalProperties: schemaOfItems(values) });
}

function schemaOfItems(items: DtoClass | Schema): Schema {
  return typeof items === 'function' ? { $dto: items } : items;
}

// Query parameters arrive as text.

/** Converts `"12"` to 12; leaves anything else as text, which validation rejects. */
export function QueryId(): PropertyDecorator {
  return field({}, queryNumber(), Id());
}

export function QueryInteger(min: number, max: number): PropertyDecorator {
  return field({}, queryNumber(), Integer(min, max));
}

export function QueryFraction(): PropertyDecorator {
  // class-transformer runs the last declared transform first.
  return field({}, Fraction(), queryNumber());
}

export function QueryBoolean(): PropertyDecorator {
  return field(
    {},
    Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value)),
    field({ type: 'boolean' }, IsIn([true, false], { message: 'must be true or false' })),
  );
}

/** Accepts JSON number notation: some clients write small numbers as 1e-05. */
function queryNumber(): PropertyDecorator {
  return Transform(({ value }) =>
    typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : value,
  );
}
