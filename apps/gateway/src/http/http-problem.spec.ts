import { RetryableError } from '@pugmark/domain';
import { toProblem } from './middleware/to-problem';
import { HttpProblem, tooMany, unavailable } from './http-problem';

describe('what may go well later', () => {
  it.each([
    ['503', unavailable('x', 'x', 30), '30'],
    ['429', tooMany('x', 'x', 7), '7'],
    ['a bare 503', new HttpProblem(503, 'x', 'x'), '5'],
    ['a bare 429', new HttpProblem(429, 'x', 'x'), '5'],
    ['a database that is away', toProblem(Object.assign(new Error('x'), { code: '57P03' })), '5'],
    ['what can be retried', toProblem(new RetryableError('x', 'x')), '5'],
  ])('says when to try again: %s', (_what, problem, seconds) => {
    expect([429, 503]).toContain(problem.status);
    expect(problem.headers['retry-after']).toBe(seconds);
  });

  it('is nothing else', () => {
    expect(new HttpProblem(409, 'x', 'x').headers).toEqual({});
  });
});
