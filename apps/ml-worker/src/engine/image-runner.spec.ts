import { FatalError, PermanentError, RetryableError, type ModelInput } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import type { ImageOutcome, PoolImage } from './engine-protocol';
import { ImageRunner, type DecodedPicture, type RunnerParts } from './image-runner';

const picture = (brightness: number): DecodedPicture => ({
  rgb: new Uint8Array([brightness]),
  width: 1,
  height: 1,
  placement: { left: 0, top: 0, width: 1, height: 1 },
  imageWidth: 40,
  imageHeight: 30,
  warning: null,
});
const image = (id: number): PoolImage => ({ id, path: String(id) });

/** A runner whose pictures are as bright as their id. */
function given(parts: Partial<RunnerParts> = {}) {
  const answers: { batch: number; outcome: ImageOutcome }[] = [];
  const events: string[] = [];
  const fatal: unknown[] = [];
  const runner = new ImageRunner({
    decode: async (path) => picture(Number(path)),
    detect: async (inputs) => {
      events.push(`detect ${inputs.map((input) => input.rgb[0]).join()}`);
      return inputs.map(() => []);
    },
    modelBatch: 1,
    onStarted: (_batch, id) => events.push(`start ${id}`),
    onAnswer: (batch, outcome) => {
      events.push(`answer ${outcome.id}`);
      answers.push({ batch, outcome });
    },
    onFatal: (error) => fatal.push(error),
    ...parts,
  });
  const answered = (count: number) => waitUntil(`${count} answers`, () => answers.length >= count);
  return { runner, answers, events, fatal, answered };
}

describe('ImageRunner', () => {
  it('answers the pictures of several batches in their order, and takes more when it is done', async () => {
    const { runner, answers, answered } = given();
    runner.accept(1, [image(1), image(2)]);
    runner.accept(2, [image(3)]);
    await answered(3);
    runner.accept(3, [image(4)]);
    await answered(4);
    expect(answers.map(({ batch, outcome }) => [batch, outcome.id])).toEqual([[1, 1], [1, 2], [2, 3], [3, 4]]);
    expect(answers[0]!.outcome).toEqual({
      id: 1, ok: true, width: 40, height: 30, detections: [], warning: null, decodeMs: expect.any(Number), inferMs: expect.any(Number),
    });
  });

  it('decodes the next two pictures, of the next batch too, while the model looks at one, and no more', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { runner, events, answered } = given({
      detect: async (inputs: readonly ModelInput[]) => {
        await held;
        return inputs.map(() => []);
      },
    });
    runner.accept(1, [image(1), image(2)]);
    runner.accept(2, [image(3), image(4), image(5)]);
    await waitUntil('the third picture to be begun', () => events.includes('start 3'));
    expect(events).toEqual(['start 1', 'start 2', 'start 3']);
    release();
    await answered(5);
  });

  it('gives the model as many at once as it takes', async () => {
    const { runner, events, answered } = given({ modelBatch: 3 });
    runner.accept(1, [1, 2, 3, 4, 5].map(image));
    await answered(5);
    expect(events.filter((event) => event.startsWith('detect'))).toEqual(['detect 1,2,3', 'detect 4,5']);
  });

  it('lets no bad picture hurt the others of its batch', async () => {
    const { runner, answers, answered } = given({
      decode: async (path) => {
        if (path === '2') throw new PermanentError('not_a_picture', 'it is text');
        if (path === '3') throw new RetryableError('io_error', 'the disk');
        if (path === '4') throw new TypeError('a bug');
        return picture(Number(path));
      },
      modelBatch: 5,
    });
    runner.accept(1, [1, 2, 3, 4, 5].map(image));
    await answered(5);
    const byId = new Map(answers.map(({ outcome }) => [outcome.id, outcome]));
    expect([1, 2, 3, 4, 5].map((id) => byId.get(id)!.ok)).toEqual([true, false, false, false, true]);
    expect(byId.get(2)).toEqual({ id: 2, ok: false, code: 'not_a_picture', message: 'it is text', retryable: false });
    expect(byId.get(3)).toMatchObject({ code: 'io_error', retryable: true });
    expect(byId.get(4)).toMatchObject({ code: 'unexpected_error', message: 'a bug', retryable: true });
  });

  it('asks the model again, one by one, when one picture spoils the answer for all', async () => {
    const { runner, answers, answered } = given({
      modelBatch: 3,
      detect: async (inputs) => {
        if (inputs.some((input) => input.rgb[0] === 2)) throw new RetryableError('nan_output', 'no number');
        return inputs.map(() => []);
      },
    });
    runner.accept(1, [1, 2, 3].map(image));
    await answered(3);
    expect(answers.map(({ outcome }) => [outcome.id, outcome.ok])).toEqual([[1, true], [2, false], [3, true]]);
    expect(answers[1]!.outcome).toMatchObject({ code: 'nan_output', retryable: true });
  });

  it('blames no picture for an engine that cannot go on', async () => {
    const { runner, answers, fatal } = given({
      detect: async () => {
        throw new FatalError('engine_lost', 'the device is gone');
      },
    });
    runner.accept(1, [image(1)]);
    await waitUntil('the error', () => fatal.length > 0);
    expect(fatal[0]).toMatchObject({ code: 'engine_lost' });
    expect(answers).toEqual([]);
  });
});
