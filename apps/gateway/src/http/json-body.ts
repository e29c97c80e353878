import type { IncomingMessage } from 'node:http';
import { json, type Request, type RequestHandler } from 'express';
import { duplicateKey } from './duplicate-key';
import { refuseReservedKeys } from './reserved-keys';
import { HttpProblem, badFields } from './http-problem';

/** API bodies are flat; deeper nesting only exhausts the stack of recursive code. */
const MAX_DEPTH = 8;

/** Holds the source text of a body until it is validated. */
const SOURCE = Symbol('source');

type WithSource = { [SOURCE]?: { readonly raw: Buffer; readonly encoding: string } };

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const type = request.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new HttpProblem(415, 'json_expected', 'the body must be application/json');
  next();
};

const keepSource = (request: IncomingMessage & WithSource, _response: unknown, raw: Buffer, encoding: string): void => {
  request[SOURCE] = { raw, encoding };
};

const refuseUnusualBodies: RequestHandler = (request, _response, next) => {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HttpProblem(400, 'bad_json', 'the body must be a JSON object');
  assertFlat(body);
  assertUniqueKeys(request);
  next();
};

/** Reads a JSON object of at most 1 MB into `request.body`. */
export const jsonBody: readonly RequestHandler[] = [
  refuseOtherTypes,
  json({ limit: '1mb', strict: true, verify: keepSource }),
  refuseUnusualBodies,
];

/** Level by level, without recursion: must survive a body that is nested a hundred thousand deep. */
function assertFlat(body: object): void {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw new HttpProblem(400, 'bad_json', 'the body is nested too deeply');
    level.forEach(refuseReservedKeys);
    level = level
      .flatMap((value) => Object.values(value))
      .filter((value): value is object => typeof value === 'object' && value !== null);
  }
}

function assertUniqueKeys(request: Request & WithSource): void {
  const { raw, encoding } = request[SOURCE] ?? { raw: Buffer.alloc(0), encoding: 'utf-8' };
  delete request[SOURCE];
  if (encoding !== 'utf-8') throw new HttpProblem(415, 'charset_unsupported', 'the body must be UTF-8');
  const key = duplicateKey(raw.toString('utf8'));
  if (key !== null) throw badFields([{ field: key, message: 'appears twice' }]);
}
