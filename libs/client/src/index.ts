export { PugmarkClient, type ClientOptions, type RetryOptions } from './client';
export { ApiError, ApiProblem, NoResponseError, type FieldError } from './errors';
export type { Answer, Call, ItemOf, ListPath, Schemas } from './types';
