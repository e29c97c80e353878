import { MAX_MESSAGE_BYTES, ROUTES, type Route } from '@pugmark/contracts';
import { parseNotification } from './parse-message';

function parse(route: Route, version: unknown, body: unknown) {
  const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return parseNotification(route, {
    content,
    properties: { type: route.wireName, headers: { 'x-version': version } },
  } as never);
}

describe('the version of a message', () => {
  it('is accepted if it is that of the route', () => {
    expect(parse(ROUTES.detect, 1, { taskId: 4, attempt: 1 })).toEqual({ notification: { taskId: 4, attempt: 1 } });
  });

  it.each([0, 2, '1', undefined])('is refused if it is %s, with the accepted version', (version) => {
    expect(parse(ROUTES.detect, version, { taskId: 4, attempt: 1 })).toEqual({
      malformed: `x-version is ${JSON.stringify(version ?? null)}, not 1`,
    });
  });
});

describe('a message', () => {
  it.each([
    ['{', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    [{ taskId: 1.5, attempt: 1 }, 'taskId must be an integer number'],
    [{ taskId: 1, attempt: 0 }, 'attempt must be a positive number'],
    [{ taskId: 1, attempt: 1, traceparent: 'x' }, expect.stringContaining('traceparent must match')],
    [
      `{"taskId":1,"attempt":1,"x":"${'x'.repeat(MAX_MESSAGE_BYTES)}"}`,
      expect.stringContaining(`more than ${MAX_MESSAGE_BYTES}`),
    ],
  ])('%j is refused with the reason', (body, reason) => {
    expect(parse(ROUTES.detect, 1, body)).toEqual({ malformed: reason });
  });

  it('may have fields that this version does not know', () => {
    expect(parse(ROUTES.detect, 1, { taskId: 1, attempt: 1, later: true })).toEqual({
      notification: { taskId: 1, attempt: 1 },
    });
  });
});
