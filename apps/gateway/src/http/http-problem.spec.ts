import { RetryableError } from '@pugmark/domain';
import { toProblem } from './middleware/to-problem';
import { HttpProblem, tooManyRequests, unavailable } from './http-problem';

describe('a retryable problem', () => {
  it.each([
    ['503', unavailable('x', 'x', 30), 503, '30'],
    ['429', tooManyRequests('x', 'x', 7), 429, '7'],
    ['a bare 503', new HttpProblem(503, 'x', 'x'), 503, '5'],
    ['a bare 429', new HttpProblem(429, 'x', 'x'), 429, '5'],
    ['a database that is away', toProblem(Object.assign(new Error('x'), { code: '57P03' })), 503, '5'],
    ['what can be retried', toProblem(new RetryableError('x', 'x')), 503, '5'],
  ])('sets Retry-After: %s', (_what, problem, status, seconds) => {
    expect(problem.status).toBe(status);
    expect(problem.headers['retry-after']).toBe(seconds);
  });

  it('is only 429 and 503', () => {
    expect(new HttpProblem(409, 'x', 'x').headers).toEqual({});
  });
});
