import { IsInt, IsPositive, IsString } from 'class-validator';
import { MAX_MESSAGE_BYTES, ROUTES, TaskNotification, type Route } from '@pugmark/contracts';
import { parseNotification } from './parse-message';

/** Version 1 of the message of a route that is at version 2. */
class OldNotification {
  @IsString()
  readonly task!: string;

  @IsInt()
  @IsPositive()
  readonly attempt!: number;
}

const SECOND: Route = {
  ...ROUTES.detect,
  version: 2,
  previous: {
    message: OldNotification,
    upgrade: (old) => {
      const { task, attempt } = old as OldNotification;
      return Object.assign(new TaskNotification(), { taskId: Number(task), attempt });
    },
  },
};

function parse(route: Route, version: unknown, body: unknown) {
  const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return parseNotification(route, {
    content,
    properties: { type: route.wireName, headers: { 'x-version': version } },
  } as never);
}

describe('a consumer of version 2', () => {
  it('accepts a message of version 2', () => {
    expect(parse(SECOND, 2, { taskId: 4, attempt: 1 })).toEqual({ notification: { taskId: 4, attempt: 1 } });
  });

  it('accepts a message of version 1, validated by the rules of version 1, in the form of version 2', () => {
    expect(parse(SECOND, 1, { task: '4', attempt: 1 })).toEqual({ notification: { taskId: 4, attempt: 1 } });
    expect(parse(SECOND, 1, { task: 4, attempt: 1 })).toEqual({ malformed: 'task must be a string' });
  });

  it.each([0, 3, '2', undefined])('refuses version %s and names the accepted versions', (version) => {
    expect(parse(SECOND, version, { taskId: 4, attempt: 1 })).toEqual({
      malformed: `x-version is ${JSON.stringify(version ?? null)}, not 2 or 1`,
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
