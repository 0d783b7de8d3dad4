/**
 * Imported for its effect, in the main thread, before anything loads ONNX Runtime: its Linux builds since 1.30 report
 * usage to their maker (a database in ~/.cache/Microsoft, a debug file in /tmp, HTTPS uploads) unless this variable is
 * set when the library loads. A camera's computer does not report to anyone. A worker's `process.env` is a copy that
 * the library does not see, hence the main thread.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
