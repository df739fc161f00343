namespace LoraHub.Web.Layout;

/// <summary>Who looks at a page, and what they may do. Pages show only that; the routes check it again.</summary>
/// <param name="Token">The name of the token that the visitor signed in with; null without one.</param>
/// <param name="HasTokens">Whether the service asks for tokens at all. Otherwise everybody may do everything.</param>
/// <param name="MayPredict">Whether they may create and cancel predictions.</param>
/// <param name="MayPublish">Whether they may publish modules and create trainings.</param>
/// <param name="IsAdmin">Whether they may quarantine and release modules.</param>
/// <param name="FormToken">What every form sends back, so that no other site can send it.</param>
public sealed record Viewer(string? Token, bool HasTokens, bool MayPredict, bool MayPublish, bool IsAdmin, FormToken FormToken);

/// <summary>A hidden field of every form.</summary>
public sealed record FormToken(string Field, string Value);
