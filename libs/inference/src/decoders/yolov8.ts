import type { DetectionDecoder } from './decoder';
import { assertShape, valuesOfImage, outputName } from './output-shapes';
import { yoloDetections } from './yolo-candidates';

/** Ultralytics' defaults: `iou` and `max_det` of its predict mode. */
const SUPPRESSION = { iouThreshold: 0.7, maxBoxes: 300 };

const OUTPUTS = ['output_0'];

/**
 * YOLOv8 and later versions with the same head (v9, v11; several models of MegaDetector v1000), as exported by
 * Ultralytics: one output [batch, 4 + labels, rows] of centre x, centre y, width, height and a score per label, without
 * suppression. [batch, rows, 4 + labels] is accepted as well; if both dimensions are 4 + labels, the former.
 */
export const YOLOV8: DetectionDecoder = {
  outputs: OUTPUTS,
  decode: ([output], placements, manifest) => {
    const columns = 4 + manifest.labels.length;
    const rowsFirst = output?.shape[1] !== columns && output?.shape[2] === columns;
    const shape = rowsFirst ? [placements.length, null, columns] : [placements.length, columns, null];
    assertShape(output, {
      name: outputName(manifest, OUTPUTS, 0),
      shape,
      description: `rows (batch, 4 + ${manifest.labels.length} labels, rows)`,
    });
    const images = placements.map((placement, index) => {
      const values = valuesOfImage(output, index);
      const rows = values.length / columns;
      const at = (row: number, column: number): number =>
        values[rowsFirst ? row * columns + column : column * rows + row]!;
      return { placement, rows, at, objectness: () => 1, firstScore: 4 };
    });
    return yoloDetections(images, manifest, SUPPRESSION);
  },
};
