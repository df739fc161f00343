using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace LoraHub.Api.Security;

/// <summary>
/// The cookie that keeps a visitor's token, encrypted. It applies to the pages only: no other site gets anything from <c>/v1</c> with it.
/// </summary>
sealed class PageCookie(IDataProtectionProvider protection)
{
    const string Name = "lorahub";

    readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("LoraHub.Pages.Token").ToTimeLimitedDataProtector();

    static TimeSpan Lifetime => TimeSpan.FromDays(30);

    public void Set(HttpContext http, string token) =>
        http.Response.Cookies.Append(Name, _protector.Protect(token, Lifetime), Options(http.Request, Lifetime));

    /// <summary>Deletes the cookie if the visitor has one.</summary>
    public static void DeleteFrom(HttpContext http)
    {
        if (http.Request.Cookies.ContainsKey(Name))
        {
            Delete(http);
        }
    }

    public static void Delete(HttpContext http) => http.Response.Cookies.Delete(Name, Options(http.Request, maxAge: null));

    /// <returns>The token; null without a valid cookie.</returns>
    public string? TokenOf(HttpRequest request)
    {
        try
        {
            return request.Cookies[Name] is { } cookie ? _protector.Unprotect(cookie) : null;
        }
        catch (CryptographicException)
        {
            return null; // made with another key, expired, or changed
        }
    }

    static CookieOptions Options(HttpRequest request, TimeSpan? maxAge) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = request.IsHttps,
        IsEssential = true,
        MaxAge = maxAge,
    };
}
