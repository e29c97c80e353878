import { BUILTIN_MODEL } from './builtin-model';
import { parseManifest } from './parse-manifest';

const written = (more: object = {}): unknown => JSON.parse(JSON.stringify({ ...BUILTIN_MODEL, ...more }));

describe('parseManifest', () => {
  it('takes the manifest of the built-in model as it stands, and one image at a time where no batch is given', () => {
    expect(parseManifest(written())).toEqual(BUILTIN_MODEL);
    expect(parseManifest(written({ batch: undefined })).batch).toBe(1);
  });

  it('names every field at fault at once', () => {
    const wrong = written({
      licence: null,
      decoder: 'yolo',
      threshold: 2,
      input: { width: 0, height: 5 },
      colour: 'RGB',
    });
    expect(() => parseManifest(wrong)).toThrow(
      /licence should be.*\n.*input should be.*\n.*decoder should be one of centernet.*\n.*threshold should be.*\n.*colour is not known/,
    );
    expect(() => parseManifest([])).toThrow('a manifest is a JSON object');
  });

  it.each(['/etc/passwd', '../weights.bin', 'a/../../b', 'a//b', '', './a', 'a\\b'])(
    'lets no file lie outside the model’s folder: %j',
    (path) => {
      expect(() => parseManifest(written({ files: [{ path, sha256: '0'.repeat(64) }] }))).toThrow('files should be');
    },
  );

  it.each(['..', '.hidden', 'a/b', '', 'a b'])('takes no name that is no name of a folder: %j', (name) => {
    expect(() => parseManifest(written({ name }))).toThrow('name should be');
  });

  it('finds what contradicts itself', () => {
    expect(() => parseManifest(written({ categories: { gnu: 'animal' } }))).toThrow(
      'categories names what is no label: gnu',
    );
    expect(() => parseManifest(written({ categories: {} }))).toThrow('the detector would find nothing');
    expect(() => parseManifest(written({ storeThreshold: 0.5 }))).toThrow('what counts would not be stored');
    expect(() => parseManifest(written({ labels: ['cat', 'cat'], categories: { cat: 'animal' } }))).toThrow(
      'one label twice',
    );
  });
});
