import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { badFields, type FieldError } from './http-problem';
import { refuseReservedKeys } from './reserved-keys';

/**
 * A validated instance of a DTO class, from a JSON object or a query. Throws a 400 that names every invalid or unknown
 * field.
 */
export function parseDto<T extends object>(type: new () => T, given: object): T {
  refuseReservedKeys(given);
  // A copy, because express' query object has no prototype, which class-transformer does not expect.
  const dto = plainToInstance(type, { ...given });
  const problems = validateSync(dto, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (problems.length > 0) throw badFields(problems.flatMap((problem) => fieldErrors(problem, '')));
  return dto;
}

function fieldErrors(problem: ValidationError, parent: string): FieldError[] {
  const field = `${parent}${problem.property}`;
  const own = Object.entries(problem.constraints ?? {}).map(([constraint, message]) => ({
    field,
    message: constraint === 'whitelistValidation' ? 'is not known' : message.replace(`${problem.property} `, ''),
  }));
  return [...own, ...(problem.children ?? []).flatMap((child) => fieldErrors(child, `${field}.`))];
}
