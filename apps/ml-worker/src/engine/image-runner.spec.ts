import { FatalError, PermanentError, RetryableError, type ModelInput } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import type { ImageOutcome, PoolImage } from './engine-protocol';
import { ImageRunner, type DecodedPicture, type RunnerModel } from './image-runner';

const input = (brightness: number): ModelInput => ({
  rgb: new Uint8Array([brightness]),
  width: 1,
  height: 1,
  placement: { left: 0, top: 0, width: 1, height: 1 },
});
const picture = (brightness: number): DecodedPicture => ({
  inputs: [input(brightness)],
  imageWidth: 40,
  imageHeight: 30,
  warning: null,
});
const nothing = { detections: [], classifications: [] };
const brightnessOf = (pictures: readonly DecodedPicture[]) => pictures.map(({ inputs }) => inputs[0]!.rgb[0]);
const image = (id: number): PoolImage => ({ id, path: String(id) });

/** A runner, and a model, whose pictures are as bright as their id. */
function given(parts: Partial<RunnerModel> = {}) {
  const answers: { batch: number; outcome: ImageOutcome }[] = [];
  const events: string[] = [];
  const fatal: unknown[] = [];
  const runner = new ImageRunner({
    onStarted: (_batch, id) => events.push(`start ${id}`),
    onAnswer: (batch, outcome) => {
      events.push(`answer ${outcome.id}`);
      answers.push({ batch, outcome });
    },
    onFatal: (error) => fatal.push(error),
  });
  let released = 0;
  const model = (more: Partial<RunnerModel> = {}): RunnerModel => ({
    batch: 1,
    decode: async ({ path }) => picture(Number(path)),
    look: async (pictures) => {
      events.push(`look ${brightnessOf(pictures).join()}`);
      return pictures.map(() => nothing);
    },
    release: () => (released += 1),
    ...parts,
    ...more,
  });
  const only = model();
  const accept = (batch: number, images: readonly PoolImage[], through = only): void =>
    runner.accept(batch, through, images);
  const answered = (count: number) => waitUntil(`${count} answers`, () => answers.length >= count);
  return { accept, model, answers, events, fatal, answered, released: () => released };
}

describe('ImageRunner', () => {
  it('answers the pictures of several batches in their order, and takes more when it is done', async () => {
    const { accept, answers, answered } = given();
    accept(1, [image(1), image(2)]);
    accept(2, [image(3)]);
    await answered(3);
    accept(3, [image(4)]);
    await answered(4);
    expect(answers.map(({ batch, outcome }) => [batch, outcome.id])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(answers[0]!.outcome).toEqual({
      id: 1,
      ok: true,
      width: 40,
      height: 30,
      detections: [],
      classifications: [],
      warning: null,
      decodeMs: expect.any(Number),
      inferMs: expect.any(Number),
    });
  });

  it('decodes the next two pictures, of the next batch too, while the model looks at one, and no more', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { accept, events, answered } = given({
      look: async (pictures) => {
        await held;
        return pictures.map(() => nothing);
      },
    });
    accept(1, [image(1), image(2)]);
    accept(2, [image(3), image(4), image(5)]);
    await waitUntil('the third picture to be begun', () => events.includes('start 3'));
    expect(events).toEqual(['start 1', 'start 2', 'start 3']);
    release();
    await answered(5);
  });

  it('gives the model as many at once as it takes', async () => {
    const { accept, events, answered } = given({ batch: 3 });
    accept(1, [1, 2, 3, 4, 5].map(image));
    await answered(5);
    expect(events.filter((event) => event.startsWith('look'))).toEqual(['look 1,2,3', 'look 4,5']);
  });

  it('counts crops, not pictures, towards the batch, and takes a picture of many crops whole', async () => {
    const crop = { x: 0, y: 0, width: 1, height: 1 };
    const { accept, events, answered } = given({ batch: 3 });
    accept(
      1,
      [2, 1, 2, 7].map((crops, index) => ({ ...image(index + 1), crops: Array.from({ length: crops }, () => crop) })),
    );
    await answered(4);
    expect(events.filter((event) => event.startsWith('look'))).toEqual(['look 1,2', 'look 3', 'look 4']);
  });

  it('never gives a model the pictures of another, and releases each picture once', async () => {
    const { accept, model, events, answered, released } = given({ batch: 8 });
    const other = model();
    accept(1, [image(1), image(2)]);
    accept(2, [image(3)], other);
    accept(3, [image(4), image(5)]);
    await answered(5);
    expect(events.filter((event) => event.startsWith('look'))).toEqual(['look 1,2', 'look 3', 'look 4,5']);
    expect(released()).toBe(5);
  });

  it('lets no bad picture hurt the others of its batch', async () => {
    const { accept, answers, answered } = given({
      decode: async ({ path }) => {
        if (path === '2') throw new PermanentError('not_a_picture', 'it is text');
        if (path === '3') throw new RetryableError('io_error', 'the disk');
        if (path === '4') throw new TypeError('a bug');
        return picture(Number(path));
      },
      batch: 5,
    });
    accept(1, [1, 2, 3, 4, 5].map(image));
    await answered(5);
    const byId = new Map(answers.map(({ outcome }) => [outcome.id, outcome]));
    expect([1, 2, 3, 4, 5].map((id) => byId.get(id)!.ok)).toEqual([true, false, false, false, true]);
    expect(byId.get(2)).toEqual({ id: 2, ok: false, code: 'not_a_picture', message: 'it is text', retryable: false });
    expect(byId.get(3)).toMatchObject({ code: 'io_error', retryable: true });
    expect(byId.get(4)).toMatchObject({ code: 'unexpected_error', message: 'a bug', retryable: true });
  });

  it('asks the model again, one by one, when one picture spoils the answer for all', async () => {
    const { accept, answers, answered } = given({
      batch: 3,
      look: async (pictures) => {
        if (brightnessOf(pictures).includes(2)) throw new RetryableError('nan_output', 'no number');
        return pictures.map(() => nothing);
      },
    });
    accept(1, [1, 2, 3].map(image));
    await answered(3);
    expect(answers.map(({ outcome }) => [outcome.id, outcome.ok])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
    expect(answers[1]!.outcome).toMatchObject({ code: 'nan_output', retryable: true });
  });

  it('blames no picture for an engine that cannot go on', async () => {
    const { accept, answers, fatal } = given({
      look: async () => {
        throw new FatalError('engine_lost', 'the device is gone');
      },
    });
    accept(1, [image(1)]);
    await waitUntil('the error', () => fatal.length > 0);
    expect(fatal[0]).toMatchObject({ code: 'engine_lost' });
    expect(answers).toEqual([]);
  });
});
