namespace LoraHub.Api.Evaluation;

/// <summary>What was asked for cannot be evaluated. The message is one line that says what is wrong and where.</summary>
sealed class EvaluationException(string message, Exception? innerException = null) : Exception(message, innerException);
