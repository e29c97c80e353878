export { PugmarkClient, type ClientOptions, type Patience } from './client';
export { ApiError, ApiProblem, NoAnswer, type FieldError } from './errors';
export type { Answer, Call, ItemOf, ListPath, Schemas } from './types';
