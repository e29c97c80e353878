import type { DetectionDecoder } from './decoder';
import { assertShape, valuesOfImage, outputName } from './output-shapes';
import { yoloDetections } from './yolo-candidates';

/** YOLOv5's defaults: `iou_thres` and `max_det` of its non_max_suppression. */
const SUPPRESSION = { iouThreshold: 0.45, maxBoxes: 300 };

const OUTPUTS = ['output_0'];

/**
 * YOLOv5, including MegaDetector v5, as its export.py writes it for TensorFlow: one output [batch, rows, 5 + labels] of
 * centre x, centre y, width, height, objectness and a score per label, without suppression.
 */
export const YOLOV5: DetectionDecoder = {
  outputs: OUTPUTS,
  decode: ([output], placements, manifest) => {
    const columns = 5 + manifest.labels.length;
    const what = `rows (batch, rows, 5 + ${manifest.labels.length} labels)`;
    assertShape(output, {
      name: outputName(manifest, OUTPUTS, 0),
      shape: [placements.length, null, columns],
      description: what,
    });
    const images = placements.map((placement, index) => {
      const values = valuesOfImage(output, index);
      const at = (row: number, column: number): number => values[row * columns + column]!;
      return { placement, rows: values.length / columns, at, objectness: (row: number) => at(row, 4), firstScore: 5 };
    });
    return yoloDetections(images, manifest, SUPPRESSION);
  },
};
