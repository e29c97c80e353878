import { nodeOfInput, type GraphJson, type NodeJson, type ShapeJson } from './graph-json';
import type { Weight } from './weights';

/**
 * Opens the batch dimension of a graph that was made for one image: that of its inputs, and of each reshape to a
 * constant shape that begins with 1. The result must be verified: a 1 may have another meaning.
 */
export function openBatchDimension(
  nodes: readonly NodeJson[],
  weights: ReadonlyMap<string, Weight>,
): { readonly nodes: readonly NodeJson[]; readonly weights: ReadonlyMap<string, Weight> } {
  const freed = new Map(weights);
  for (const node of nodes) {
    if (node.op !== 'Reshape' || node.input?.[1] === undefined) continue;
    const name = nodeOfInput(node.input[1]);
    const weight = weights.get(name);
    const sizes = weight === undefined ? [] : Array.from(weight.values as ArrayLike<number>);
    if (sizes.length < 2 || sizes[0] !== 1 || sizes.includes(-1)) continue;
    freed.set(name, { shape: weight!.shape, values: [-1, ...sizes.slice(1)] });
  }
  return { nodes: nodes.map((node) => (node.op === 'Placeholder' ? openPlaceholder(node) : node)), weights: freed };
}

/** Whether all inputs of the graph are made for one image. */
export function hasBatchOfOne({ node }: GraphJson): boolean {
  const shapes = node.filter(({ op }) => op === 'Placeholder').map(({ attr }) => attr?.['shape']?.shape?.dim ?? []);
  return shapes.length > 0 && shapes.every((dims) => dims.length > 1 && Number(dims[0]?.size ?? 0) === 1);
}

export function openFirst(shape: ShapeJson): ShapeJson {
  return { ...shape, dim: (shape.dim ?? []).map((dim, index) => (index === 0 ? { size: -1 } : dim)) };
}

function openPlaceholder(node: NodeJson): NodeJson {
  const shape = node.attr?.['shape']?.shape;
  return shape === undefined ? node : { ...node, attr: { ...node.attr, shape: { shape: openFirst(shape) } } };
}
