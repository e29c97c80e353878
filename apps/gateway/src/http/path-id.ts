import type { Request } from 'express';
import { notFound } from './http-problem';

/** The id in the path. Throws a 404 for anything that is not an id. */
export function pathId(request: Request, what: string): number {
  const text = String(request.params['id']);
  const id = Number(text);
  if (!/^[1-9]\d{0,15}$/.test(text) || !Number.isSafeInteger(id)) throw notFound(`such ${what}`);
  return id;
}
