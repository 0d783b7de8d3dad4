// Imported before TensorFlow, which reads these once while it loads. What the user has set wins.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // warnings and errors only: start-up notes would garble progress lines
