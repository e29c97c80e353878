import type { IncomingMessage } from 'node:http';
import { json, type Request, type RequestHandler } from 'express';
import { repeatedKey } from './repeated-key';
import { refuseTreacherousKeys } from './reserved-keys';
import { HttpProblem, badFields } from './http-problem';

/** What the API takes is flat; deeper nesting only serves to exhaust the stack of whatever walks it. */
const DEEPEST = 8;

/** What a body was read from, until it is checked. */
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

const refuseOddBodies: RequestHandler = (request, _response, next) => {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HttpProblem(400, 'bad_json', 'the body must be a JSON object');
  assertFlat(body);
  assertOnce(request);
  next();
};

/** Reads a JSON object of at most 1 MB into `request.body`. */
export const jsonBody: readonly RequestHandler[] = [
  refuseOtherTypes,
  json({ limit: '1mb', strict: true, verify: keepSource }),
  refuseOddBodies,
];

/** Level by level, without recursion: the point is to survive a body that is nested a hundred thousand deep. */
function assertFlat(body: object): void {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEEPEST) throw new HttpProblem(400, 'bad_json', 'the body is nested too deeply');
    level.forEach(refuseTreacherousKeys);
    level = level
      .flatMap((value) => Object.values(value))
      .filter((value): value is object => typeof value === 'object' && value !== null);
  }
}

function assertOnce(request: Request & WithSource): void {
  const { raw, encoding } = request[SOURCE] ?? { raw: Buffer.alloc(0), encoding: 'utf-8' };
  delete request[SOURCE];
  if (encoding !== 'utf-8') throw new HttpProblem(415, 'charset_unsupported', 'the body must be UTF-8');
  const key = repeatedKey(raw.toString('utf8'));
  if (key !== null) throw badFields([{ field: key, message: 'is there twice' }]);
}
