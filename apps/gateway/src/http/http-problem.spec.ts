import { RetryableError } from '@pugmark/domain';
import { toProblem } from './middleware/to-problem';
import { HttpProblem, tooManyRequests, unavailable } from './http-problem';

describe('a retryable problem', () => {
  it.each([
    ['503', unavailable('x', 'x', 30), '30'],
    ['429', tooManyRequests('x', 'x', 7), '7'],
    ['a bare 503', new HttpProblem(503, 'x', 'x'), '5'],
    ['a bare 429', new HttpProblem(429, 'x', 'x'), '5'],
    ['a database that is away', toProblem(Object.assign(new Error('x'), { code: '57P03' })), '5'],
    ['what can be retried', toProblem(new RetryableError('x', 'x')), '5'],
  ])('sets Retry-After: %s', (_what, problem, seconds) => {
    expect([429, 503]).toContain(problem.status);
    expect(problem.headers['retry-after']).toBe(seconds);
  });

  it('is only 429 and 503', () => {
    expect(new HttpProblem(409, 'x', 'x').headers).toEqual({});
  });
});
