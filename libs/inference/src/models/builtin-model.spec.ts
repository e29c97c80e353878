import { BUILTIN_MODEL } from './builtin-model';

describe('the built-in model', () => {
  it('has 80 labels, each once', () => {
    expect(BUILTIN_MODEL.labels).toHaveLength(80);
    expect(new Set(BUILTIN_MODEL.labels).size).toBe(80);
  });

  it('has categories for people, wheeled road vehicles and animals, and nothing else', () => {
    const byCategory = (category: string) =>
      BUILTIN_MODEL.labels.filter((label) => BUILTIN_MODEL.categories[label] === category);
    expect(byCategory('person')).toEqual(['person']);
    expect(byCategory('vehicle')).toEqual(['bicycle', 'car', 'motorcycle', 'bus', 'truck']);
    expect(byCategory('animal')).toEqual([
      'bird',
      'cat',
      'dog',
      'horse',
      'sheep',
      'cow',
      'elephant',
      'bear',
      'zebra',
      'giraffe',
    ]);
  });
});
