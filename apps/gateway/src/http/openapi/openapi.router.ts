import { openApiDocument } from './document';
import { operation, type Operation } from '../operation';

/** The operation that serves the OpenAPI document, which includes it. */
export function openApiRouter(operations: readonly Operation[], version: string): Operation[] {
  const own: Operation = operation({
    method: 'get',
    path: '/openapi.json',
    name: 'getOpenApi',
    summary: 'This document',
    scope: null,
    answer: { status: 200, json: { schema: { type: 'object' } } },
    handle: () => Promise.resolve(document),
  });
  const document = openApiDocument([...operations, own], version);
  return [own];
}
