import type { Words } from './words.ts';

export const german: Words = {
  phoneCode: '{{ Token }} ist Ihr Code für {{ SiteName }}. Geben Sie ihn nicht weiter.',
  linkHint: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:',
  ifNotYou:
    'Falls Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren. Geben Sie den Link und den Code nie weiter: Niemand von uns wird danach fragen.',
  ifNotYouNotice:
    'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie jetzt Ihr Passwort zurück und melden Sie alle anderen Geräte ab.',
  why: 'Sie erhalten diese E-Mail, weil {{ SendingTo }} bei {{ SiteName }} ({{ SiteURL }}) verwendet wird.',
  factorTypes: {
    totp: 'eine Authenticator-App',
    phone: 'eine Telefonnummer',
    webauthn: 'ein Sicherheitsschlüssel oder Passkey',
    recovery_code: 'Wiederherstellungscodes',
  },
  mails: {
    'confirm-signup': {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse für {{ SiteName }}',
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      lines: ['Willkommen. Ein Schritt fehlt noch: Bestätigen Sie, dass {{ SendingTo }} Ihre Adresse ist.'],
      action: 'Adresse bestätigen',
      codeHint: 'Oder geben Sie diesen Code dort ein, wo Sie sich registriert haben:',
    },
    'magic-link': {
      subject: 'Ihr Anmeldelink für {{ SiteName }}',
      heading: 'Bei {{ SiteName }} anmelden',
      lines: ['Mit diesem Link melden Sie sich an. Er gilt einmal und nur für kurze Zeit.'],
      action: 'Anmelden',
      codeHint: 'Oder geben Sie diesen Code dort ein, wo Sie ihn angefordert haben:',
    },
    invite: {
      subject: 'Einladung zu {{ SiteName }}',
      heading: 'Sie sind eingeladen',
      lines: [
        'Jemand bei {{ SiteName }} hat ein Konto für {{ SendingTo }} angelegt. Nehmen Sie die Einladung an, um es zu nutzen.',
      ],
      action: 'Einladung annehmen',
      codeHint: 'Oder geben Sie diesen Code ein, wenn Sie danach gefragt werden:',
    },
    recovery: {
      subject: 'Passwort für {{ SiteName }} zurücksetzen',
      heading: 'Passwort zurücksetzen',
      lines: ['Jemand, hoffentlich Sie, möchte das Passwort von {{ SendingTo }} zurücksetzen.'],
      action: 'Neues Passwort wählen',
      codeHint: 'Oder geben Sie diesen Code dort ein, wo Sie ihn angefordert haben:',
    },
    'email-change-current': {
      subject: 'Bestätigen Sie die Änderung Ihrer E-Mail-Adresse bei {{ SiteName }}',
      heading: 'Ihre E-Mail-Adresse soll sich ändern',
      lines: [
        'Die Adresse Ihres Kontos soll {{ NewEmail }} statt {{ Email }} werden.',
        'Bestätigen Sie, dass Sie das möchten. Auch die neue Adresse wird gefragt.',
      ],
      action: 'Änderung bestätigen',
      codeHint: 'Oder geben Sie diesen Code dort ein, wo Sie die Änderung angefordert haben:',
    },
    'email-change-new': {
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse für {{ SiteName }}',
      heading: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      lines: [
        'Die Adresse eines Kontos soll {{ NewEmail }} werden. Bestätigen Sie, dass das Ihre Adresse ist.',
      ],
      action: 'Adresse bestätigen',
      codeHint: 'Oder geben Sie diesen Code dort ein, wo Sie die Änderung angefordert haben:',
    },
    reauthentication: {
      subject: 'Ihr Bestätigungscode für {{ SiteName }}',
      heading: 'Bestätigen Sie, dass Sie es sind',
      lines: ['In Ihrem Konto soll sich etwas Wichtiges ändern.'],
      codeHint: 'Geben Sie diesen Code ein, um fortzufahren:',
    },
    'account-exists': {
      subject: 'Sie haben bereits ein Konto bei {{ SiteName }}',
      heading: 'Sie haben bereits ein Konto',
      lines: [
        'Jemand wollte sich bei {{ SiteName }} mit Ihrer Adresse {{ SendingTo }} registrieren. Sie haben bereits ein Konto, und daran hat sich nichts geändert.',
        'Wenn Sie das waren, melden Sie sich an, oder setzen Sie Ihr Passwort zurück, falls Sie es nicht mehr wissen. Wenn nicht, ist nichts zu tun.',
      ],
      action: 'Zu {{ SiteName }}',
    },
    'password-changed': {
      subject: 'Ihr Passwort bei {{ SiteName }} wurde geändert',
      heading: 'Ihr Passwort wurde geändert',
      lines: ['Das Passwort Ihres Kontos wurde geändert.'],
    },
    'email-changed': {
      subject: 'Ihre E-Mail-Adresse bei {{ SiteName }} wurde geändert',
      heading: 'Ihre E-Mail-Adresse wurde geändert',
      lines: ['Die Adresse Ihres Kontos ist jetzt {{ NewEmail }}. An {{ OldEmail }} geht keine Post mehr.'],
    },
    'phone-changed': {
      subject: 'Ihre Telefonnummer bei {{ SiteName }} wurde geändert',
      heading: 'Ihre Telefonnummer wurde geändert',
      lines: ['Die Telefonnummer Ihres Kontos wurde geändert.'],
    },
    'identity-linked': {
      subject: 'Eine neue Anmeldemöglichkeit bei {{ SiteName }}',
      heading: 'Eine neue Anmeldemöglichkeit',
      lines: ['Bei Ihrem Konto kann man sich jetzt mit {{ Provider }} anmelden.'],
    },
    'identity-unlinked': {
      subject: 'Eine Anmeldemöglichkeit bei {{ SiteName }} wurde entfernt',
      heading: 'Eine Anmeldemöglichkeit wurde entfernt',
      lines: ['Bei Ihrem Konto kann man sich nicht mehr mit {{ Provider }} anmelden.'],
    },
    'factor-added': {
      subject: 'Anmeldung in zwei Schritten bei {{ SiteName }}: Methode hinzugefügt',
      heading: 'Ein zweiter Schritt wurde hinzugefügt',
      lines: ['Ihr Konto hat jetzt einen weiteren zweiten Schritt für die Anmeldung: {{ FactorName }}.'],
    },
    'factor-removed': {
      subject: 'Anmeldung in zwei Schritten bei {{ SiteName }}: Methode entfernt',
      heading: 'Ein zweiter Schritt wurde entfernt',
      lines: ['Ihr Konto hat diesen zweiten Schritt für die Anmeldung nicht mehr: {{ FactorName }}.'],
    },
    'passkey-added': {
      subject: 'Ein Passkey wurde bei {{ SiteName }} hinzugefügt',
      heading: 'Ein Passkey wurde hinzugefügt',
      lines: ['Bei Ihrem Konto kann man sich jetzt mit einem neuen Passkey anmelden.'],
    },
    'passkey-removed': {
      subject: 'Ein Passkey wurde bei {{ SiteName }} entfernt',
      heading: 'Ein Passkey wurde entfernt',
      lines: ['Ein Passkey Ihres Kontos wurde entfernt und meldet niemanden mehr an.'],
    },
    'recovery-codes-generated': {
      subject: 'Neue Wiederherstellungscodes bei {{ SiteName }}',
      heading: 'Neue Wiederherstellungscodes',
      lines: ['Für Ihr Konto wurden neue Wiederherstellungscodes erzeugt. Frühere Codes gelten nicht mehr.'],
    },
    'recovery-code-used': {
      subject: 'Ein Wiederherstellungscode wurde bei {{ SiteName }} benutzt',
      heading: 'Ein Wiederherstellungscode wurde benutzt',
      lines: [
        'Jemand hat sich mit einem Wiederherstellungscode bei Ihrem Konto angemeldet. Dieser Code gilt nicht mehr.',
      ],
    },
    'account-deletion-scheduled': {
      subject: 'Ihr Konto bei {{ SiteName }} wird gelöscht',
      heading: 'Ihr Konto wird gelöscht',
      lines: [
        'Sie haben die Löschung Ihres Kontos mit allem, was dazugehört, verlangt. Sie geschieht am {{ Data.deletesOn }} (UTC).',
        'Wenn Sie es sich bis dahin anders überlegen, melden Sie sich an und widerrufen Sie die Löschung.',
      ],
    },
    'account-deletion-cancelled': {
      subject: 'Ihr Konto bei {{ SiteName }} bleibt bestehen',
      heading: 'Ihr Konto bleibt bestehen',
      lines: ['Die Löschung Ihres Kontos wurde widerrufen. Es wurde nichts gelöscht.'],
    },
    'account-deleted': {
      subject: 'Ihr Konto bei {{ SiteName }} wurde gelöscht',
      heading: 'Ihr Konto wurde gelöscht',
      lines: [
        'Ihr Konto wurde mit allem, was dazugehört, gelöscht. Es lässt sich nicht wiederherstellen. Dies ist die letzte Nachricht von uns.',
      ],
      closing:
        'Wenn Sie das nicht wollten, wenden Sie sich sofort an die Betreiber von {{ SiteName }}. Sie finden sie unter {{ SiteURL }}.',
    },
  },
};
