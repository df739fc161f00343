using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Http;

/// <summary>
/// Reads the members of a JSON object that a request sends, and collects what is wrong with them. Other members are ignored. The messages quote
/// nothing of the body.
/// </summary>
sealed class BodyFields
{
    const int LongestUrl = 8192;

    readonly JsonObject _body;
    readonly List<InvalidField> _invalid = [];

    BodyFields(JsonObject body) => _body = body;

    /// <exception cref="RequestRefusedException">The body is not a JSON object.</exception>
    public static async Task<BodyFields> ReadAsync(HttpRequest request) => await JsonBody.ReadAsync(request) switch
    {
        JsonBody.Absent => new BodyFields([]),
        JsonBody.Parsed(JsonObject body) => new BodyFields(body),
        JsonBody.Parsed => throw new RequestRefusedException(
            Problems.Fields([new InvalidField("invalid_type", "", "The body must be a JSON object")])),
        JsonBody.Refused(var statusCode, var reason) => throw new RequestRefusedException(Problems.Because(statusCode, null, reason)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Whether the body has the member, be it null.</summary>
    public bool Has(string name) => _body.ContainsKey(name);

    /// <returns>Empty when the member is missing or wrong, which is recorded.</returns>
    public string RequiredText(string name)
    {
        if (_body[name] is not { } value || (value.GetValueKind() == JsonValueKind.String && ((string)value!).Length == 0))
        {
            Refuse("required", name, $"{name} is required");
            return "";
        }

        return Text(name, int.MaxValue) ?? "";
    }

    /// <param name="longest">In characters.</param>
    /// <returns>Null when the member is missing, null, empty or wrong; the last is recorded.</returns>
    public string? Text(string name, int longest)
    {
        if (_body[name] is not { } value)
        {
            return null;
        }

        if (value.GetValueKind() != JsonValueKind.String)
        {
            Refuse("invalid_type", name, $"{name} must be a string");
            return null;
        }

        var text = (string)value!;
        if (text.Length > longest)
        {
            Refuse("invalid_value", name, $"{name} must have at most {longest} characters");
        }

        return text.Length == 0 ? null : text;
    }

    /// <inheritdoc cref="Text" path="/returns"/>
    public string? WebAddress(string name)
    {
        var text = Text(name, int.MaxValue);
        if (text is not null && !IsWebAddress(text))
        {
            Refuse("invalid_value", name, $"{name} must be an absolute http or https URL of at most {LongestUrl} characters");
        }

        return text;
    }

    /// <returns>Null when the member is missing, null or wrong; the last is recorded.</returns>
    public int? Integer(string name, int least, int most)
    {
        if (_body[name] is not { } value)
        {
            return null;
        }

        if (value.GetValueKind() != JsonValueKind.Number || (value.AsValue().TryGetValue(out decimal number) && number % 1 != 0))
        {
            Refuse("invalid_type", name, $"{name} must be an integer");
            return null;
        }

        if (value.AsValue().TryGetValue(out decimal whole) && whole >= least && whole <= most)
        {
            return (int)whole;
        }

        Refuse("invalid_value", name, $"{name} must be an integer from {least} to {most}");
        return null;
    }

    /// <inheritdoc cref="Integer" path="/returns"/>
    public int? RequiredInteger(string name, int least, int most)
    {
        if (_body[name] is null)
        {
            Refuse("required", name, $"{name} is required");
        }

        return Integer(name, least, most);
    }

    /// <param name="type">The violated rule.</param>
    public void Refuse(string type, string name, string description) => _invalid.Add(new InvalidField(type, name, description));

    /// <exception cref="RequestRefusedException">Something that was read was wrong.</exception>
    public void Check()
    {
        if (_invalid.Count > 0)
        {
            throw new RequestRefusedException(Problems.Fields(_invalid));
        }
    }

    static bool IsWebAddress(string text) =>
        text.Length <= LongestUrl
        && !text.Any(char.IsWhiteSpace)
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.UserInfo.Length == 0;
}
