import { text, type RequestHandler } from 'express';
import { HttpProblem } from './http-problem';

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const type = request.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'text/csv') throw new HttpProblem(415, 'csv_expected', 'the body must be text/csv');
  next();
};

/** An empty body is not parsed and leaves `request.body` unset. */
const refuseEmptyBody: RequestHandler = (request, _response, next) => {
  if (typeof request.body !== 'string' || request.body === '')
    throw new HttpProblem(400, 'bad_csv', 'the file is empty');
  next();
};

/** Reads a text of at most 1 MB into `request.body`. */
export const csvBody: readonly RequestHandler[] = [
  refuseOtherTypes,
  text({ type: 'text/csv', limit: '1mb' }),
  refuseEmptyBody,
];
