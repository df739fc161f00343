namespace LoraHub.Evaluation;

/// <summary>The evaluation cannot run. The message is one line that names the error and its place.</summary>
public sealed class EvaluationException(string message, Exception? innerException = null) : Exception(message, innerException);
