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

// Each decorator says what a field is twice, side by side: to class-validator, which checks what clients send, and to the OpenAPI
// document, which promises what is taken and what is answered.

/** Several decorators as one, and what they mean as a schema. */
function field(schema: Schema, ...decorators: PropertyDecorator[]): PropertyDecorator {
  const describe = describeField((known) => ({ ...known, schema: { ...schema, ...known.schema } }));
  return (target, property) => [...decorators, describe].forEach((decorator) => decorator(target, property));
}

function check(name: string, message: string, validate: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

/** What the field is for, or in which unit, as the document says it. */
export function About(description: string): PropertyDecorator {
  return describeField((known) => ({ ...known, schema: { ...known.schema, description } }));
}

/** May be absent, or null. */
export function Optional(): PropertyDecorator {
  const describe = describeField((known) => ({ ...known, optional: true, nullable: true }));
  return (target, property) => [IsOptional(), describe].forEach((decorator) => decorator(target, property));
}

/** May be absent, and then says nothing; null is refused, where there is nothing that it could mean. */
export function MayBeAbsent(): PropertyDecorator {
  const describe = describeField((known) => ({ ...known, optional: true }));
  return (target, property) =>
    [ValidateIf((_, value) => value !== undefined), describe].forEach((decorator) => decorator(target, property));
}

/** Of an answer: null where there is nothing to say. */
export function OrNull(): PropertyDecorator {
  return describeField((known) => ({ ...known, nullable: true }));
}

const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f';
const BLANKS = ' \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';

/** A line of text: not empty, no blanks around it, no control characters (Postgres takes no NUL). */
export const LINE = `^[^${CONTROLS}${BLANKS}]([^${CONTROLS}]*[^${CONTROLS}${BLANKS}])?$`;

/** Any text without control characters, blanks around it or not. */
export const NO_CONTROLS = `^[^${CONTROLS}]+$`;

export function Text(longest: number): PropertyDecorator {
  const pattern = new RegExp(LINE, 'u');
  return field(
    { type: 'string', minLength: 1, maxLength: longest, pattern: LINE },
    check(
      'text',
      `must be a text of 1 to ${longest} characters without control characters or blanks around it`,
      (value) =>
        typeof value === 'string' && isWellFormed(value) && [...value].length <= longest && pattern.test(value),
    ),
  );
}

/** A text of a given form. `what` completes "must be …". */
export function TextLike(pattern: RegExp, longest: number, what: string): PropertyDecorator {
  return field(
    { type: 'string', minLength: 1, maxLength: longest, pattern: pattern.source },
    check(
      'textLike',
      `must be ${what}`,
      (value) =>
        typeof value === 'string' &&
        value !== '' &&
        isWellFormed(value) &&
        [...value].length <= longest &&
        pattern.test(value),
    ),
  );
}

/** Half a surrogate pair is no character, and no UTF-8 either. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Of an answer: any text. */
export function Words(): PropertyDecorator {
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

export function Integer(least: number, most: number): PropertyDecorator {
  return field({ type: 'integer', minimum: least, maximum: most }, IsInt(), Min(least), Max(most));
}

/** Of an answer: how many. */
export function Count(): PropertyDecorator {
  return field({ type: 'integer', minimum: 0 });
}

/** Of an answer: any number. */
export function Amount(): PropertyDecorator {
  return field({ type: 'number' });
}

/** In [0, 1]. What is nearer to 0 than any single-precision number is 0: Postgres would refuse it as a `real`. */
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

/** An angle in degrees, from `-most` to `most`. */
export function Degrees(most: 90 | 180): PropertyDecorator {
  return field(
    { type: 'number', minimum: -most, maximum: most },
    check(
      'degrees',
      `must be a number of degrees from -${most} to ${most}`,
      (value) => typeof value === 'number' && Math.abs(value) <= most,
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

/** A point in time, which becomes a Date. Without an offset no one could say which instant is meant. */
export function Instant(): PropertyDecorator {
  return field(
    { type: 'string', format: 'date-time' },
    Transform(({ value }) => instantOf(value) ?? value),
    IsDate({ message: 'must be a time with an offset, such as 2026-05-01T06:00:00Z' }),
  );
}

function instantOf(value: unknown): Date | null {
  if (typeof value !== 'string') return null;
  // In a query a `+` that was not encoded arrives as a blank.
  const text = value.replace(/ (\d\d:\d\d)$/, '+$1').toUpperCase();
  const [, local] = INSTANT.exec(text) ?? [];
  if (local === undefined || !isOnCalendar(local)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(Math.min(Math.max(ms, FIRST_INSTANT), LAST_INSTANT));
}

/** Of the years that have four digits. An offset may reach a few hours beyond them: so far away that does not matter. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** No 30th of February: Date takes it for a day in March. */
export function isOnCalendar(local: string): boolean {
  const date = new Date(`${local}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(local);
}

/** Of an answer: a point in time, ISO 8601 in UTC. */
export function Time(): PropertyDecorator {
  return field({ type: 'string', format: 'date-time' });
}

const LOCAL_TIME = '^(19|20|21)\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d$';

/** A reading of a clock in no zone, to the second, in the centuries of photography. */
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

/** Up to so many of them; one that is there twice counts once. */
export function Sha256s(most: number): PropertyDecorator {
  const pattern = /^[0-9a-f]{64}$/;
  return field(
    { type: 'array', items: { type: 'string', pattern: pattern.source }, minItems: 1, maxItems: most },
    check(
      'sha256s',
      `must be a list of 1 to ${most} SHA-256, each of 64 hexadecimal digits in lower case`,
      (value) =>
        Array.isArray(value) &&
        value.length >= 1 &&
        value.length <= most &&
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

/** One or more of these, each once. */
export function SomeOf(values: readonly string[]): PropertyDecorator {
  return field(
    { type: 'array', items: { type: 'string', enum: values }, minItems: 1, uniqueItems: true },
    check(
      'someOf',
      `must be a list of ${values.join(', ')}, each once`,
      (value) => isSet(value, values.length) && value.every((one) => (values as readonly unknown[]).includes(one)),
    ),
  );
}

/** One or more ids, each once. */
export function Ids(most: number): PropertyDecorator {
  return field(
    {
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      minItems: 1,
      maxItems: most,
      uniqueItems: true,
    },
    check(
      'ids',
      `must be a list of 1 to ${most} ids, each once`,
      (value) => isSet(value, most) && value.every((one) => Number.isSafeInteger(one) && (one as number) >= 1),
    ),
  );
}

function isSet(value: unknown, most: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length >= 1 && value.length <= most && new Set(value).size === value.length;
}

/** So many objects of another DTO class at most, each checked. */
export function ManyOf<T extends object>(type: DtoClass<T>, most: number): PropertyDecorator {
  return field(
    { type: 'array', items: { $dto: type }, maxItems: most },
    Transform(({ value }) => (Array.isArray(value) && value.every(isObject) ? plainToInstance(type, value) : value)),
    check(
      'manyOf',
      `must be a list of at most ${most} objects`,
      (value) => Array.isArray(value) && value.length <= most && value.every(isObject),
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

/** Of an answer: a list of objects of a class, or of plain values. */
export function ListOf(items: DtoClass | Schema): PropertyDecorator {
  return field({ type: 'array', items: schemaOfItems(items) });
}

/** Of an answer: an object whose keys are not fixed. */
export function MapOf(values: DtoClass | Schema): PropertyDecorator {
  return field({ type: 'object', additionalProperties: schemaOfItems(values) });
}

function schemaOfItems(items: DtoClass | Schema): Schema {
  return typeof items === 'function' ? { $dto: items } : items;
}

// In a query everything is text.

/** `"12"` becomes 12, anything else stays text and is refused. */
export function QueryId(): PropertyDecorator {
  return field({}, queryNumber(), Id());
}

export function QueryInteger(least: number, most: number): PropertyDecorator {
  return field({}, queryNumber(), Integer(least, most));
}

export function QueryFraction(): PropertyDecorator {
  // class-transformer begins with what was declared last.
  return field({}, Fraction(), queryNumber());
}

export function QueryBoolean(): PropertyDecorator {
  return field(
    {},
    Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value)),
    field({ type: 'boolean' }, IsIn([true, false], { message: 'must be true or false' })),
  );
}

/** As JSON writes numbers: some clients write small ones as 1e-05. */
function queryNumber(): PropertyDecorator {
  return Transform(({ value }) =>
    typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : value,
  );
}
