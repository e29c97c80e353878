import { Transform, plainToInstance } from 'class-transformer';
import { IsDate, IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, Length, Matches, Max, Min, ValidateBy, ValidateIf, ValidateNested, isISO8601 } from 'class-validator';

/** Several decorators as one. */
function all(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorator) => decorator(target, property));
}

/** A line of text: trimmed, not empty, without control characters (Postgres takes no NUL). */
export function Text(longest: number): PropertyDecorator {
  return all(
    Transform(({ value }) => (typeof value === 'string' ? value.trim() : value)),
    IsString(),
    Length(1, longest),
    // eslint-disable-next-line no-control-regex -- control characters are what is refused
    Matches(/^[^\u0000-\u001f\u007f]*$/, { message: 'must not contain control characters' }),
  );
}

export function Id(): PropertyDecorator {
  return all(IsInt({ message: 'must be an id' }), Min(1), Max(Number.MAX_SAFE_INTEGER));
}

/** A query's id: `"12"` becomes 12, anything else stays text and is refused. */
export function QueryId(): PropertyDecorator {
  return all(QueryNumber(), Id());
}

export function QueryInteger(least: number, most: number): PropertyDecorator {
  return all(QueryNumber(), IsInt(), Min(least), Max(most));
}

/** A fraction in [0, 1], given as text in a query. */
export function QueryFraction(): PropertyDecorator {
  return all(QueryNumber(), Fraction());
}

export function Fraction(): PropertyDecorator {
  return all(IsNumber({ allowNaN: false, allowInfinity: false }), Min(0), Max(1));
}

export function QueryBoolean(): PropertyDecorator {
  return all(
    Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value)),
    IsIn([true, false], { message: 'must be true or false' }),
  );
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** An angle in degrees, from `-most` to `most`. */
export function Degrees(most: 90 | 180): PropertyDecorator {
  return ValidateBy({
    name: 'degrees',
    validator: {
      validate: (value: unknown) => typeof value === 'number' && Math.abs(value) <= most,
      defaultMessage: () => `must be a number of degrees from -${most} to ${most}`,
    },
  });
}

/** A point in time: ISO 8601 with an offset, which becomes a Date. Without an offset no one could say which instant is meant. */
export function Instant(): PropertyDecorator {
  return all(
    Transform(({ value }) => {
      if (typeof value !== 'string') return value;
      // In a query a `+` that was not encoded arrives as a blank.
      const text = value.replace(/ (\d\d:\d\d)$/, '+$1');
      return INSTANT.test(text) && isISO8601(text, { strict: true }) ? new Date(text) : value;
    }),
    IsDate({ message: 'must be a time with an offset, such as 2026-05-01T06:00:00Z' }),
  );
}

/** A reading of a clock in no zone, to the second, in the centuries of photography. */
export function LocalTime(): PropertyDecorator {
  return ValidateBy({
    name: 'localTime',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && /^(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(value) && isISO8601(value, { strict: true }),
      defaultMessage: () => 'must be a local time without an offset, such as 2026-05-01T06:00:00',
    },
  });
}

/** May be absent, and then says nothing; null is refused, where there is nothing that it could mean. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** An object of another DTO class. */
export function Nested<T extends object>(type: new () => T): PropertyDecorator {
  return all(
    Transform(({ value }) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? plainToInstance(type, value) : value)),
    IsObject(),
    ValidateNested(),
  );
}

export { IsOptional as Optional };

function QueryNumber(): PropertyDecorator {
  return Transform(({ value }) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value));
}
