export { IdempotencyRepository } from './idempotency.repository';
