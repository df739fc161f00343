namespace LoraHub.Api.Http;

/// <summary>A request that its reader rejects. The answer quotes nothing of the body.</summary>
/// <param name="answer">The error response, in the format of the API.</param>
sealed class RequestRefusedException(IResult answer) : Exception("The request was refused.")
{
    public IResult Answer => answer;
}

static class Refusals
{
    /// <summary>Answers with a <see cref="RequestRefusedException"/> that a handler of the group throws before it has begun its response.</summary>
    public static void AnswerRefusals(this RouteGroupBuilder group) => group.AddEndpointFilter(async (context, next) =>
    {
        try
        {
            return await next(context);
        }
        catch (RequestRefusedException refused)
        {
            return refused.Answer;
        }
    });
}
